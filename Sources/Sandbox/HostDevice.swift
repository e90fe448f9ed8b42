internal import Bytes
internal import CLinux

/// A device of the host that a step of ``SecurityMode/insecure`` finds in /dev, beside those that every step has.
struct HostDevice {
    /// Beneath /dev.
    let name: ByteString
    var isBlock = false
    let major: UInt32
    let minor: UInt32

    /// BuildKit's list: the numbers of the kernel's devices.txt, and the loop devices up to some beyond the first free
    /// one.
    static var all: [HostDevice] {
        let loops = 0..<UInt32(max(0, sbi_free_loop_device())) + 8
        return named + loops.map { HostDevice(name: ByteString("loop\($0)"), isBlock: true, major: 7, minor: $0) }
    }

    private static let named = [
        HostDevice(name: "kmsg", major: 1, minor: 11),
        HostDevice(name: "cuse", major: 10, minor: 203),
        HostDevice(name: "fuse", major: 10, minor: 229),
        HostDevice(name: "kvm", major: 10, minor: 232),
        HostDevice(name: "net/tun", major: 10, minor: 200),
        HostDevice(name: "loop-control", major: 10, minor: 237),
    ]
}
