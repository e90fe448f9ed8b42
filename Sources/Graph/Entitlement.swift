/// What a Dockerfile may only ask for if the caller of the build allows it: `--allow`.
package enum Entitlement: String, Sendable, Hashable, CaseIterable {
    /// `RUN --network=host`.
    case networkHost = "network.host"
    /// `RUN --security=insecure`.
    case securityInsecure = "security.insecure"
}
