internal import Glibc

/// The user that this process acts for.
package enum CurrentUser {
    /// Calls `geteuid(2)`.
    package static var isRoot: Bool { geteuid() == 0 }
}
