internal import Bytes

extension Platform {
    /// Reads the members of an index entry's `platform`, which an image's config has at its top.
    init(_ fields: JSONFields) throws(OCIError) {
        self.init(
            os: try fields.text(Name.os),
            architecture: try fields.text(Name.architecture),
            variant: try fields.text(Name.variant),
            osVersion: try fields.text(Name.osVersion),
            osFeatures: try fields.texts(Name.osFeatures) ?? []
        )
    }

    /// The members of the object; the first two are always written, as the specification requires.
    var json: JSONObject {
        var object = JSONObject()
        object[Name.architecture] = .string(architecture)
        object[Name.os] = .string(os)
        object.set(Name.osVersion, osVersion)
        object.set(Name.osFeatures, osFeatures)
        object.set(Name.variant, variant)
        return object
    }

    /// The names of the members that are read.
    static var names: [ByteString] { Name.all }

    private enum Name {
        static let architecture: ByteString = "architecture"
        static let os: ByteString = "os"
        static let osVersion: ByteString = "os.version"
        static let osFeatures: ByteString = "os.features"
        static let variant: ByteString = "variant"
        static let all = [architecture, os, osVersion, osFeatures, variant]
    }
}
