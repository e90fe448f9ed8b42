internal import Bytes

/// Finds the flag that was probably meant.
enum NearestFlag {
    /// The flag that differs least of those that can be used, if by a letter in four or less.
    static func name(for word: ByteString, among flags: [DockerFlag]) -> String? {
        guard word.count <= 64 else { return nil }
        let known = flags.filter(\.isSupported)
        let distances = known.map { (name: $0.name, letters: word.editDistance(to: ByteString($0.name))) }
        let best = distances.min { $0.letters < $1.letters }
        return best.flatMap { $0.letters * 4 <= word.count ? $0.name : nil }
    }
}
