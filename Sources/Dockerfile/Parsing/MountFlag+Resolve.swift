package import Bytes

extension MountFlag {
    /// Reads the value of `--mount` without expanding anything.
    ///
    /// - Throws: for a list that cannot be read, and for a variable in `from`.
    init(_ value: ByteString) throws(DockerfileError) {
        guard let fields = CommaSeparated.fields(value) else {
            throw DockerfileError(.invalidList(flag: "mount", value: value))
        }
        self.init(text: value, options: fields.map { Option($0) })
        for option in options where option.key == "from" {
            guard let dollar = option.value?.bytes.firstIndex(of: Byte.dollar) else { continue }
            if let value = option.value, dollar != value.count - 1 {
                throw DockerfileError(.variableInMountFrom(option.field))
            }
        }
    }

    /// The mount with its options expanded by `expand` and checked, in the order in which they are written.
    ///
    /// - Throws: for options that are unknown, wrong or do not go together; and whatever `expand` throws.
    package func resolved(
        expanding expand: (ByteString) throws(DockerfileError) -> ByteString
    ) throws(DockerfileError) -> RunMount {
        var mount = RunMount()
        var isReadOnly: Bool?
        for option in options {
            guard let written = option.value else {
                switch option.key {
                case "ro", "readonly": isReadOnly = true
                case "rw", "readwrite": isReadOnly = false
                case "required":
                    try Self.require(mount, option.key, [.secret, .ssh])
                    mount.isRequired = true
                default: throw DockerfileError(.optionWithoutValue(flag: "mount", field: option.field))
                }
                continue
            }
            let value = try expand(written)
            switch option.key {
            case "ro", "readonly": isReadOnly = try Self.boolean(value, key: option.key)
            case "rw", "readwrite": isReadOnly = !(try Self.boolean(value, key: option.key))
            default: try Self.set(option, to: value, in: &mount)
            }
        }
        mount.isReadOnly = isReadOnly ?? (mount.type != .cache && mount.type != .tmpfs)
        try Self.check(mount)
        return mount
    }

    private static let keys = [
        "type", "from", "source", "target", "readonly", "id", "sharing", "required", "size", "mode", "uid", "gid",
        "src", "dst", "destination", "ro", "rw", "readwrite", "env",
    ]

    private static func set(
        _ option: Option,
        to value: ByteString,
        in mount: inout RunMount
    ) throws(DockerfileError) {
        switch option.key {
        case "type": mount.type = try type(value)
        case "from": mount.from = value
        case "source", "src": mount.source = value
        case "target", "dst", "destination": mount.target = value
        case "id": mount.id = value
        case "env": mount.environmentName = value
        case "sharing": mount.sharing = try sharing(value)
        case "mode": mount.mode = try number(value, radix: 8, key: option.key)
        case "uid": mount.userID = try number(value, radix: 10, key: option.key)
        case "gid": mount.groupID = try number(value, radix: 10, key: option.key)
        case "required":
            try require(mount, option.key, [.secret, .ssh])
            mount.isRequired = try boolean(value, key: option.key)
        case "size":
            try require(mount, option.key, [.tmpfs])
            guard let size = ByteSize.bytes(value) else {
                throw DockerfileError(.invalidOptionValue(key: option.key, value: value))
            }
            mount.size = size
        default:
            let suggestion = Suggestion.nearest(to: ByteString(option.key), among: keys, ignoresCase: false)
            throw DockerfileError(
                .unknownOption(
                    flag: "mount",
                    key: ByteString(option.key),
                    field: option.field,
                    suggestion: suggestion
                )
            )
        }
    }

    /// What no single option shows.
    private static func check(_ mount: RunMount) throws(DockerfileError) {
        let type = mount.type
        if type == .bind || type == .tmpfs {
            let fields: [(String, UInt32?)] = [("mode", mount.mode), ("uid", mount.userID), ("gid", mount.groupID)]
            for (key, value) in fields where value != nil {
                throw DockerfileError(.optionNotForType(key: key, type: type))
            }
        }
        let isUnset = { (value: ByteString?) in value?.isEmpty ?? true }
        if type == .secret {
            if !isUnset(mount.from) { throw DockerfileError(.secretMountConflict(.from)) }
            if mount.sharing != nil { throw DockerfileError(.secretMountConflict(.sharing)) }
            if isUnset(mount.source), isUnset(mount.target), isUnset(mount.id) {
                throw DockerfileError(.secretMountConflict(.nothingNamed))
            }
            if !isUnset(mount.source), !isUnset(mount.id) {
                throw DockerfileError(.secretMountConflict(.sourceAndID))
            }
        }
        if type == .ssh, !isUnset(mount.source) {
            throw DockerfileError(.optionNotForType(key: "source", type: type))
        }
        if mount.sharing != nil, type != .cache {
            throw DockerfileError(.optionNotForType(key: "sharing", type: type))
        }
    }

    private static func require(
        _ mount: RunMount,
        _ key: String,
        _ types: [RunMount.MountType]
    ) throws(DockerfileError) {
        guard types.contains(mount.type) else {
            throw DockerfileError(.optionNotForType(key: key, type: mount.type))
        }
    }

    private static func type(_ value: ByteString) throws(DockerfileError) -> RunMount.MountType {
        if let type = RunMount.MountType(rawValue: Ascii.lower(value).text) { return type }
        let names = RunMount.MountType.allCases.map(\.rawValue)
        let suggestion = Suggestion.nearest(to: value, among: names, ignoresCase: false)
        throw DockerfileError(.unknownMountType(value, suggestion: suggestion))
    }

    private static func sharing(_ value: ByteString) throws(DockerfileError) -> RunMount.CacheSharing {
        if let sharing = RunMount.CacheSharing(rawValue: Ascii.lower(value).text) { return sharing }
        let names = RunMount.CacheSharing.allCases.map(\.rawValue)
        let suggestion = Suggestion.nearest(to: value, among: names, ignoresCase: false)
        throw DockerfileError(.unknownSharing(value, suggestion: suggestion))
    }

    private static func number(_ value: ByteString, radix: Int, key: String) throws(DockerfileError) -> UInt32 {
        let isUnsigned = value.bytes.first.map { $0 != Byte.plus && $0 != Byte.minus } ?? false
        guard isUnsigned, let number = UInt32(value.text, radix: radix) else {
            throw DockerfileError(.invalidOptionValue(key: key, value: value))
        }
        return number
    }

    /// Reads true and false in the spellings that Go takes.
    static func boolean(_ value: ByteString, key: String) throws(DockerfileError) -> Bool {
        switch value {
        case "1", "t", "T", "TRUE", "true", "True": return true
        case "0", "f", "F", "FALSE", "false", "False": return false
        default: throw DockerfileError(.invalidOptionValue(key: key, value: value))
        }
    }
}

extension MountFlag.Option {
    /// Reads one field.
    init(_ field: ByteString) {
        let separator = field.bytes.firstIndex(of: Byte.equals)
        let key = Ascii.lower(ByteString(Array(field.bytes[..<(separator ?? field.count)])))
        self.init(key: key.text, value: separator.map { ByteString(Array(field.bytes[($0 + 1)...])) }, field: field)
    }
}
