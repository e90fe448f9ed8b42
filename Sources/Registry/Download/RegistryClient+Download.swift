extension RegistryClient {
    /// Downloads a file of the web, through the same connections, proxies and retries as layers.
    ///
    /// Certificates are always verified: what is said of insecure registries is said of registries. What is written to
    /// the sink is not compared with anything.
    /// - Throws: `DownloadError`; `SettingsError`; what the sink throws; `CancellationError`.
    package func download(_ file: WebFile, into sink: any BlobSink) async throws -> FileAnswer {
        guard let address = WebAddress(file.url) else {
            throw DownloadError.unusableURL(file.shown)
        }
        for secret in file.authorization?.secrets ?? [] { fileWeb.secrets.remember(secret) }
        var download = FileDownload(file, address, fileWeb, sink) { [tell] in tell($0) }
        do { return try await download.run() } catch let error as RegistryError {
            throw DownloadError(error, of: file)
        }
    }
}
