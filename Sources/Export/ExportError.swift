package import Bytes
package import Linux
package import OCI

/// An image that could not be written.
package enum ExportError: DescribedError {
    case cannotWrite(ByteString, SystemError)
    case missingBlob(Digest)
    /// A delta without files names one: a fault of the store.
    case noFile(ByteString)
    /// A layer's blob has other bytes than its descriptor says.
    case damagedBlob(Digest)

    package var message: String {
        switch self {
        case .cannotWrite(let path, let error): "cannot write \(path.escaped): \(error.message)"
        case .missingBlob(let digest): "the blob \(digest) is not in the store any more"
        case .noFile(let path): "\(path.escaped): no file of that name in an empty layer"
        case .damagedBlob(let digest): "the blob \(digest) is damaged: its bytes are not those of its digest"
        }
    }

    package var remedy: String? {
        switch self {
        case .cannotWrite(_, let error) where error.isFullDisk: "free some space there, or write it elsewhere"
        case .cannotWrite(_, let error): error.remedy ?? "check that the folder exists and may be written"
        case .missingBlob: "build, pull or load the image again"
        case .damagedBlob: "it was taken out of the store: build, pull or load the image again"
        case .noFile: nil
        }
    }
}
