import Bytes
import OCI
import TestSupport
import Testing
import Trees

@Suite("Selections")
struct SelectionTests {
    private let trees = MemoryTrees()

    private func sample() throws -> Tree {
        try tree {
            file("a.txt", "a")
            file("b.txt", "b")
            file(".hidden.txt", "h")
            file("d/x.txt", "x")
            file("d/y.txt", "y")
            file("e/x.txt", "ex")
            file("with\\star", "s")
            link("l.txt", to: "d/x.txt")
            link("ld", to: "d")
            link("le", to: "/e")
            link("broken.lnk", to: "none")
            link("loop", to: "loop")
        }.tree(into: trees)
    }

    private func select(_ word: ByteString) throws -> Selection { try Selection(of: word, in: sample(), from: trees) }

    struct Row: CustomTestStringConvertible, Sendable {
        let word: ByteString
        /// `name > path` of each item.
        let items: [ByteString]
        var testDescription: String { word.escaped }
    }

    @Test(
        "a word selects",
        arguments: [
            Row(word: "a.txt", items: ["a.txt > a.txt"]),
            Row(word: "/a.txt", items: ["a.txt > a.txt"]),
            Row(word: "./a.txt", items: ["a.txt > a.txt"]),
            Row(word: "../../a.txt", items: ["a.txt > a.txt"]),
            Row(word: "d/../a.txt", items: ["a.txt > a.txt"]),
            Row(word: ".", items: [" > "]),
            Row(word: "/", items: [" > "]),
            Row(word: "", items: [" > "]),
            Row(word: "d", items: ["d > d"]),
            Row(word: "d/", items: ["d > d"]),
            // Links are followed; the name stays the word's.
            Row(word: "l.txt", items: ["l.txt > d/x.txt"]),
            Row(word: "ld/x.txt", items: ["x.txt > d/x.txt"]),
            Row(word: "le", items: ["le > e"]),
            // Wildcards.
            Row(
                word: "*.txt",
                items: [".hidden.txt > .hidden.txt", "a.txt > a.txt", "b.txt > b.txt", "l.txt > d/x.txt"]
            ),
            Row(word: "?.txt", items: ["a.txt > a.txt", "b.txt > b.txt", "l.txt > d/x.txt"]),
            Row(word: "[ab].txt", items: ["a.txt > a.txt", "b.txt > b.txt"]),
            Row(word: "*/x.txt", items: ["x.txt > d/x.txt", "x.txt > e/x.txt"]),
            Row(word: "ld/*", items: ["x.txt > d/x.txt", "y.txt > d/y.txt"]),
            Row(word: "d/*", items: ["x.txt > d/x.txt", "y.txt > d/y.txt"]),
            Row(word: "none/*", items: []),
            Row(word: "*.none", items: []),
            Row(word: "a.txt/*", items: []),
            Row(word: "with\\star", items: ["with\\star > with\\star"]),
        ]
    )
    func selects(_ row: Row) throws {
        let items = try select(row.word).items.map { $0.name + " > " + $0.path.bytes }
        #expect(items == row.items)
    }

    @Test(
        "a word that names nothing is an error with its name",
        arguments: ["none", "d/none", "a.txt/none", "broken.lnk", "none/x"] as [ByteString]
    )
    func missing(_ word: ByteString) throws {
        let error = #expect(throws: SelectionError.self) { try select(word) }
        #expect(error == .notFound(word))
        #expect(error?.message == "/\(word.text): not found")
    }

    @Test(
        "a word that names nothing tells the path that was probably meant, if there is one",
        arguments: [
            ("d/x.tx", "d/x.txt"), ("dd/y.txt", "d/y.txt"), ("A.txt", "a.txt"), ("d/x.ttx", "d/x.txt"),
            ("d/completely", nil), ("q/none.txt", nil),
        ] as [(ByteString, ByteString?)]
    )
    func nearest(_ word: ByteString, _ wanted: ByteString?) throws {
        let error = #expect(throws: SelectionError.self) { try select(word) }
        #expect(error == .notFound(word, nearest: wanted))
    }

    @Test("a word whose links lead round in a circle is an error with its name", arguments: ["loop", "loop/x"])
    func loops(_ text: String) throws {
        let word = ByteString(text)
        let error = #expect(throws: SelectionError.self) { try select(word) }
        #expect(error == .tooManyLinks(word))
        #expect(error?.message == "\(text): too many levels of symbolic links")
    }

    @Test("a link without a target that a wildcard names is an error", arguments: ["*.lnk", "lo*"] as [ByteString])
    func brokenByWildcard(_ word: ByteString) throws {
        #expect(throws: SelectionError.self) { try select(word) }
    }

    @Test("a pattern that cannot be read is an error")
    func malformed() throws {
        #expect(throws: SelectionError.malformedPattern("[a")) { try select("[a") }
    }

    @Test("the digest tells what is selected: names, contents, attributes")
    func digests() throws {
        func digest(_ word: ByteString, _ model: FileModel) throws -> ContentHash {
            try Selection(of: word, in: model.tree(into: trees), from: trees).digest
        }
        let digests = try [
            digest("f", tree { file("f", "1") }),
            digest("f", tree { file("f", "2") }),
            digest("f", tree { file("f", "1", mode: 0o755) }),
            digest("g", tree { file("g", "1") }),
            digest(
                "*",
                tree {
                    file("f", "1"); file("g", "1")
                }
            ),
            digest("*", tree {}),
            digest("d", tree { file("d/f", "1") }),
            digest("d", tree { file("d/g", "1") }),
            digest(
                "d",
                tree {
                    file("d/f", "1"); hardLink("d/g", to: "d/f")
                }
            ),
            digest(
                "d",
                tree {
                    file("d/f", "1"); file("d/g", "1")
                }
            ),
        ]
        let firsts = digests.map { digest in digests.firstIndex(of: digest) }
        #expect(firsts == digests.indices.map { $0 })
    }

    @Test("what is not selected does not matter, nor does a directory's own name, place or mode")
    func independence() throws {
        func digest(_ word: ByteString, _ model: FileModel) throws -> ContentHash {
            try Selection(of: word, in: model.tree(into: trees), from: trees).digest
        }
        let wanted = try digest("d", tree { file("d/f", "1") })
        #expect(
            try digest(
                "d",
                tree {
                    file("d/f", "1"); file("other")
                }
            ) == wanted
        )
        #expect(try digest("e", tree { file("e/f", "1") }) == wanted)
        // The folder's contents are copied, not the folder.
        #expect(
            try digest(
                "d",
                tree {
                    directory("d", mode: 0o700, uid: 1); file("d/f", "1")
                }
            ) == wanted
        )
        #expect(
            try digest(
                "x/l",
                tree {
                    file("e/f", "1"); link("x/l", to: "../e")
                }
            ) == wanted
        )
        #expect(
            try digest("f", tree { file("f", "1") })
                == digest(
                    "q/f",
                    tree {
                        file("q/f", "1"); file("z")
                    }
                )
        )
        // A hard link to a file outside is no link in what is selected.
        #expect(
            try digest(
                "d",
                tree {
                    file("d/f", "1"); hardLink("out", to: "d/f")
                }
            ) == wanted
        )
    }
}
