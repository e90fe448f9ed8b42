/// One try that failed in a way that another may not: it is thrown as far as the loop that tries again.
struct Setback: Error {
    /// Why, for the event.
    let reason: String
    /// How long the other side asks to wait.
    var retryAfter: Duration?
    /// What is thrown when there are no more tries, given their number.
    let ending: @Sendable (Int) -> RegistryError
}
