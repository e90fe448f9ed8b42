public import Bytes
public import OCI

extension BuildRequest {
    /// What is made of the result.
    public enum Output: Sendable, Hashable {
        /// An image as files: an OCI image layout or Docker's archive.
        case layout(LayoutOutput)
        /// An image in the store, and from there in registries.
        case image(ImageOutput)
        /// The files of the last stage in a folder of the host.
        case folder(ByteString)
        /// The files of the last stage as a plain tar; nil is standard output.
        case tar(ByteString?)
        /// Nothing: the results stay in the cache.
        case cacheOnly
    }

    /// `--output type=oci` and `type=docker` with a destination.
    public struct LayoutOutput: Sendable, Hashable {
        /// Who reads it.
        public enum Form: Sendable, Hashable {
            /// Readers of OCI image layouts.
            case oci
            /// `docker load` of any age, besides these.
            case docker
        }

        /// Where it goes; nil is standard output, for a tar only.
        public var destination: ByteString?
        /// A tar, or with `tar=false` a folder.
        public var isTar: Bool
        /// Who reads it.
        public var form: Form
        /// `name=`: references for the index's annotations, besides `-t`.
        public var names: [Reference]
        /// How the image is made.
        public var settings: ImageSettings

        /// A layout at a destination.
        public init(
            destination: ByteString?,
            isTar: Bool = true,
            form: Form = .oci,
            names: [Reference] = [],
            settings: ImageSettings = ImageSettings()
        ) {
            self.destination = destination
            self.isTar = isTar
            self.form = form
            self.names = names
            self.settings = settings
        }
    }

    /// `--output type=image` and `type=registry`, `--load`, `--push`.
    public struct ImageOutput: Sendable, Hashable {
        /// `name=`: references of the image, besides `-t`.
        public var names: [Reference]
        /// `store=`: whether the image gets its names in the store.
        public var isStored: Bool
        /// `push=`: whether it goes to the registries that its names say.
        public var isPushed: Bool
        /// `push-by-digest=`: pushed without a tag.
        public var isPushedByDigest: Bool
        /// `registry.insecure=`: plain HTTP, and certificates of anybody, are good enough.
        public var isInsecure: Bool
        /// How the image is made.
        public var settings: ImageSettings

        /// An image for the store.
        public init(names: [Reference] = [], isPushed: Bool = false, settings: ImageSettings = ImageSettings()) {
            self.names = names
            self.isPushed = isPushed
            self.settings = settings
            isStored = true
            isPushedByDigest = false
            isInsecure = false
        }
    }

    /// How an image's layers and documents are made.
    public struct ImageSettings: Sendable, Hashable {
        /// Of the layers that this engine packs.
        public var compression: Compression
        /// `compression-level=`: nil is the usual one; 0…9 for gzip, 0…22 for zstd.
        public var compressionLevel: Int?
        /// `force-compression=`: layers of a base that are packed in another way are packed anew.
        public var forcesCompression: Bool
        /// `oci-mediatypes=`: the media types of OCI, or Docker's older ones.
        ///
        /// zstd and annotations have a place in those of OCI only, which are taken then.
        public var usesOCITypes: Bool
        /// `rewrite-timestamp=`: in the layers of this build no file is newer than `SOURCE_DATE_EPOCH`.
        public var rewritesTimes: Bool
        /// `annotation.…=` and `--annotation`.
        public var annotations: [Annotation]

        /// What an exporter does that is told nothing.
        public init(compression: Compression = .gzip) {
            self.compression = compression
            forcesCompression = false
            usesOCITypes = true
            rewritesTimes = false
            annotations = []
        }
    }

    /// How layers are packed.
    public enum Compression: String, Sendable, Hashable, CaseIterable {
        case gzip, zstd, uncompressed
    }

    /// An annotation of an image (OCI image-spec, "Annotations").
    public struct Annotation: Sendable, Hashable {
        /// The document or descriptor that has it.
        public enum Place: String, Sendable, Hashable, CaseIterable {
            case manifest
            case manifestDescriptor = "manifest-descriptor"
            case index
            case indexDescriptor = "index-descriptor"
        }

        /// The document or descriptor that has it.
        public var place: Place
        /// The platform whose image has it; nil is each.
        public var platform: Platform?
        /// The name.
        public var key: ByteString
        /// The value.
        public var value: ByteString

        /// An annotation of the manifest, or of another place.
        public init(_ key: ByteString, _ value: ByteString, place: Place = .manifest, platform: Platform? = nil) {
            self.key = key
            self.value = value
            self.place = place
            self.platform = platform
        }
    }
}

extension BuildRequest.Output {
    /// Whether standard output belongs to this output alone.
    public var goesToStandardOutput: Bool {
        switch self {
        case .layout(let layout): layout.destination == nil
        case .tar(let destination): destination == nil
        case .image, .folder, .cacheOnly: false
        }
    }

    /// Whether the image gets its names in the store.
    public var isStored: Bool { if case .image(let image) = self { image.isStored } else { false } }

    /// How the image is made, where one is.
    public var settings: BuildRequest.ImageSettings? {
        switch self {
        case .layout(let layout): layout.settings
        case .image(let image): image.settings
        case .folder, .tar, .cacheOnly: nil
        }
    }
}

extension BuildRequest {
    /// The names that the image gets in the store.
    var storedNames: [Reference] {
        if outputs.isEmpty { return names }
        return outputs.reduce(into: []) { result, output in
            guard case .image(let image) = output, image.isStored else { return }
            result += (names + image.names).filter { !result.contains($0) }
        }
    }
}
