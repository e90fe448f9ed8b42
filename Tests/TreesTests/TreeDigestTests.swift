import Bytes
import OCI
import TestSupport
import Testing
import Trees

/// What a tree's digest covers (`cache.md` rule 11): every difference of these must show.
@Suite("Tree digests")
struct TreeDigestTests {
    private func digest(_ model: FileModel) throws -> ContentHash { try model.tree(into: MemoryTrees()).digest }

    private func digest(_ written: TreeEntry) throws -> ContentHash {
        try digest(tree { entry("d/f", written) })
    }

    @Test("each attribute of an entry changes the digest")
    func attributes() throws {
        let entries: [TreeEntry] = [
            .file("text"),
            .file("texu"),
            .file(""),
            TreeEntry(.file(ContentHash(of: Array("text".utf8)), size: 5), Attributes(mode: 0o644)),
            .file("text", mode: 0o645),
            .file("text", mode: 0o4644),
            .file("text", mode: 0o2644),
            .file("text", mode: 0o1644),
            .file("text", uid: 1),
            .file("text", gid: 1),
            .file("text", xattrs: [Xattr(name: "user.a", value: "1")]),
            .file("text", xattrs: [Xattr(name: "user.a", value: "2")]),
            .file("text", xattrs: [Xattr(name: "user.b", value: "1")]),
            .file("text", xattrs: [Xattr(name: "user.a", value: "")]),
            .file("text", xattrs: [Xattr(name: "user.a", value: "1"), Xattr(name: "user.b", value: "1")]),
            .file("text", xattrs: [Xattr(name: "security.capability", value: "1")]),
            .file("text", xattrs: [Xattr(name: "system.posix_acl_access", value: "1")]),
            .symlink("text"),
            .symlink("texu"),
            TreeEntry(.characterDevice(0x0101), Attributes(mode: 0o644)),
            TreeEntry(.characterDevice(0x0102), Attributes(mode: 0o644)),
            TreeEntry(.characterDevice(0x0201), Attributes(mode: 0o644)),
            TreeEntry(.blockDevice(0x0101), Attributes(mode: 0o644)),
            TreeEntry(.fifo, Attributes(mode: 0o644)),
            TreeEntry(.socket, Attributes(mode: 0o644)),
            TreeEntry(.directory(DirectoryObject.empty.hash), Attributes(mode: 0o644)),
        ]
        let digests = try entries.map(digest)
        #expect(Set(digests).count == entries.count)
    }

    @Test("names, places and the root's attributes change the digest")
    func places() throws {
        var models = [
            tree {},
            tree { directory("a") },
            tree { directory("a", mode: 0o700) },
            tree { directory("a", uid: 1) },
            tree { directory("a", gid: 1) },
            tree { directory("b") },
            tree { directory("a/b") },
            tree { file("a") },
            tree {
                file("a"); file("b")
            },
            tree { file("a/b") },
            tree { file("ab") },
            tree { file("e\u{301}") },
            tree { file("\u{E9}") },
            tree { file("a\r\n") },
            tree { file("a\n") },
        ]
        var other = tree {}
        other.rootAttributes.mode = 0o700
        models.append(other)
        other.rootAttributes = Attributes(mode: 0o755, uid: 1)
        models.append(other)
        let digests = try models.map(digest)
        #expect(Set(digests).count == models.count)
    }

    @Test("which files are hard links of each other changes the digest")
    func linkSets() throws {
        let models = [
            tree {
                file("a/x"); file("a/y"); file("b/x"); file("b/y")
            },
            tree {
                file("a/x"); hardLink("a/y", to: "a/x"); file("b/x"); file("b/y")
            },
            tree {
                file("a/x"); file("a/y"); file("b/x"); hardLink("b/y", to: "b/x")
            },
            tree {
                file("a/x"); hardLink("a/y", to: "a/x"); file("b/x"); hardLink("b/y", to: "b/x")
            },
            tree {
                file("a/x"); hardLink("b/x", to: "a/x"); file("a/y"); file("b/y")
            },
            tree {
                file("a/x"); hardLink("b/x", to: "a/x"); file("a/y"); hardLink("b/y", to: "a/y")
            },
            tree {
                file("a/x"); hardLink("b/y", to: "a/x"); file("a/y"); hardLink("b/x", to: "a/y")
            },
            tree {
                file("a/x"); hardLink("a/y", to: "a/x"); hardLink("b/x", to: "a/x"); file("b/y")
            },
            tree {
                file("a/x"); hardLink("a/y", to: "a/x"); hardLink("b/x", to: "a/x"); hardLink("b/y", to: "a/x")
            },
        ]
        let digests = try models.map(digest)
        #expect(Set(digests).count == models.count)
    }

    @Test("a name that holds the encoding of other fields is no other tree")
    func craftedNames() throws {
        // The bytes of a child's encoding put into a name, a link's text, an attribute's value.
        var encoder = CanonicalEncoder(domain: "")
        TreeEntry.symlink("x").encode(into: &encoder)
        let crafted = ByteString(Array(encoder.bytes.drop { $0 == 0 }))
        let noSlash = ByteString(crafted.bytes.filter { $0 != 0 && $0 != 0x2F })
        let models = [
            tree {
                link("a", to: "x"); link("b", to: "x")
            },
            tree { link("a" + noSlash, to: "x") },
            tree { link("a", to: "x" + crafted) },
            tree { link("a", to: "x" + crafted + crafted) },
            tree { entry("a", .file("", xattrs: [Xattr(name: "user.a", value: "b" + crafted)])) },
            tree { entry("a", .file("", xattrs: [Xattr(name: "user.ab", value: crafted)])) },
        ]
        let digests = try models.map(digest)
        #expect(Set(digests).count == models.count)
    }

    @Test("moving bytes between a name and what follows it changes the digest")
    func borders() throws {
        let digests = try [
            digest(tree { link("ab", to: "c") }),
            digest(tree { link("a", to: "bc") }),
            digest(tree { entry("f", .file("", xattrs: [Xattr(name: "user.ab", value: "c")])) }),
            digest(tree { entry("f", .file("", xattrs: [Xattr(name: "user.a", value: "bc")])) }),
        ]
        #expect(Set(digests).count == digests.count)
    }

    @Test("the tree of FROM scratch is an empty directory, 0755 of root")
    func scratch() throws {
        #expect(try tree {}.tree(into: MemoryTrees()) == .empty)
    }
}
