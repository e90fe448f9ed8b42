import Bytes
import Execution
import Registry
import Store

extension BaseImages {
    /// Images of a store without any registry: whoever asks one is told so at once.
    convenience init(of store: StateRoot) {
        self.init(store: store, client: RegistryClient.unreachable, policy: .missing) { _ in }
    }
}

extension RemoteFiles {
    /// Downloads without any network.
    convenience init(of store: StateRoot) { self.init(store: store, client: RegistryClient.unreachable) }
}

extension RegistryClient {
    fileprivate static var unreachable: RegistryClient {
        var settings = RegistrySettings(environment: [
            "HTTPS_PROXY": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1",
            "CONTAINERS_REGISTRIES_CONF": "/dev/null",
        ])
        settings.limits.tries = 1
        return RegistryClient(settings: settings) { _ in }
    }
}
