import Bytes
import Testing

@Suite("Nearest names")
struct NearestNameTests {
    @Test(
        "a distance counts bytes that are added, removed, changed or swapped",
        arguments: [
            ("", "", 0), ("a", "", 1), ("", "ab", 2), ("abc", "abc", 0), ("abc", "abd", 1), ("src", "scr", 1),
            ("kitten", "sitting", 3), ("build", "biuld", 1), ("ab", "ba", 1), ("abcd", "badc", 2),
        ] as [(ByteString, ByteString, Int)]
    )
    func distances(_ first: ByteString, _ second: ByteString, _ distance: Int) {
        #expect(first.editDistance(to: second) == distance)
        #expect(second.editDistance(to: first) == distance)
    }

    @Test(
        "a name that differs by one byte in three, three at most, is the one that was meant; the nearest wins",
        arguments: [
            ("verison", "version"), ("bulid", "build"), ("a", nil), ("ab", "b"), ("xyz", nil), ("version1", "versions"),
            ("VERSION", nil), ("build", nil), ("completely-other", nil),
        ] as [(ByteString, ByteString?)]
    )
    func nearest(_ word: ByteString, _ wanted: ByteString?) {
        #expect(word.nearest(among: ["b", "build", "versions", "version"]) == wanted)
    }
}
