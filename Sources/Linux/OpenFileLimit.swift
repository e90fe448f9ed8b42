internal import Glibc

/// How many files this process may have open (`getrlimit(2)`, RLIMIT_NOFILE).
package struct OpenFileLimit: Sendable, Hashable {
    package let soft: UInt64
    package let hard: UInt64

    /// What the process was started with.
    ///
    /// The first use raises the soft limit of the process to its hard one: walking deep trees takes a descriptor a
    /// level. Steps get these values back.
    package static let original: OpenFileLimit = {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return OpenFileLimit(soft: 1024, hard: 4096)
        }
        let original = OpenFileLimit(soft: UInt64(limit.rlim_cur), hard: UInt64(limit.rlim_max))
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return original
    }()

    /// The number of the limit, as setrlimit(2) takes it.
    package static let resource = Int32(RLIMIT_NOFILE.rawValue)
}
