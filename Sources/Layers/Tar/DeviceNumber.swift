/// The parts of a device number as makedev(3) joins them.
struct DeviceNumber: Equatable {
    var major: UInt32
    var minor: UInt32

    init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }

    init(_ value: UInt64) {
        major = UInt32(truncatingIfNeeded: value >> 8 & 0xFFF | value >> 32 & 0xFFFF_F000)
        minor = UInt32(truncatingIfNeeded: value & 0xFF | value >> 12 & 0xFFFF_FF00)
    }

    var value: UInt64 {
        let (major, minor) = (UInt64(major), UInt64(minor))
        return (major & 0xFFF) << 8 | (major & 0xFFFF_F000) << 32 | minor & 0xFF | (minor & 0xFFFF_FF00) << 12
    }
}
