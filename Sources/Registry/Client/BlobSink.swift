/// Where the bytes of a blob go while they arrive.
///
/// They are not verified before `RegistryClient.fetch` returns: until then what was written must have no name. Both
/// calls are made in the task that called `fetch`, never on a thread of the network, and may block; the download
/// then waits.
package protocol BlobSink: AnyObject, Sendable {
    /// Takes the next bytes; what it throws ends the download and is thrown on.
    func write(_ bytes: UnsafeRawBufferPointer) throws

    /// Forgets all bytes so far: the blob comes again from its first byte.
    func restart() throws
}
