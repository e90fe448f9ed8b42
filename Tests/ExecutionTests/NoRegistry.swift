import Bytes
import Execution
import Registry
import Store

extension BaseImages {
    /// Images of a store without any registry: whoever asks one is told so at once.
    convenience init(of store: StateRoot) {
        var settings = RegistrySettings(environment: [
            "HTTPS_PROXY": "http://127.0.0.1:1", "CONTAINERS_REGISTRIES_CONF": "/dev/null",
        ])
        settings.limits.tries = 1
        let client = RegistryClient(settings: settings) { _ in }
        self.init(store: store, client: client, policy: .missing) { _ in }
    }
}
