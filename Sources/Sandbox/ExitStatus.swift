/// How a step's process ended.
package enum ExitStatus: Hashable, Sendable {
    /// It ended itself, with a code of 0…255.
    case exited(Int32)
    /// A signal ended it.
    case signalled(Int32)

    /// From the encoding of wait(2).
    init(waitStatus: Int32) {
        let signal = waitStatus & 0x7F
        self = signal == 0 ? .exited((waitStatus >> 8) & 0xFF) : .signalled(signal)
    }

    package var isSuccess: Bool { self == .exited(0) }

    /// The code that a shell shows: 128 and the signal's number for a process that a signal ended.
    package var code: Int32 {
        switch self {
        case .exited(let code): code
        case .signalled(let signal): 128 + signal
        }
    }
}
