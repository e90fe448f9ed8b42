import Bytes
import Graph
import Testing

@Suite("Git repositories as sources")
struct GitSourceTests {
    private func source(_ word: ByteString) throws -> GitSource? { try GitSource(word) }

    @Test("a fragment names a reference and a directory")
    func fragments() throws {
        let git = try #require(try source("https://user:secret@h/team/repo.git#v1:a/../b//c"))
        #expect(git.remote == "https://h/team/repo.git", "git is given no user that it could keep")
        #expect(git.user?.password == "secret")
        #expect(git.shown == "https://h/team/repo.git")
        #expect(git.reference == "v1" && git.subdirectory == "b/c")
        #expect(try source("git@h:team/repo.git#main:d")?.remote == "git@h:team/repo.git")
        #expect(try source("git@h:team/repo.git#main:d")?.subdirectory == "d")
        #expect(try source("git://h/repo#:../../..")?.subdirectory == "")
    }

    @Test("a query names the same, and more")
    func queries() throws {
        let git = try #require(
            try source(
                "ssh://git@h/r?tag=v1&subdir=/a/&commit=abc&keep-git-dir&submodules=false&mtime=commit&fetch-by-commit=1"
            )
        )
        #expect(git.reference == "refs/tags/v1" && git.subdirectory == "a" && git.checksum == "abc")
        #expect(git.keepsGitDirectory == true && git.takesSubmodules == false)
        #expect(git.usesCommitTime && git.fetchesByCommit)
        #expect(try source("https://h/r.git?branch=b#refs/heads/b")?.reference == "refs/heads/b")
        #expect(try source("git@h:r?ref=x")?.reference == "x")
    }

    @Test(
        "a query that contradicts itself or is not known is an error",
        arguments: [
            "?ref=a&ref=b", "?tag=a&branch=b", "?ref=a&tag=b", "?ref=a#b", "?subdir=a#:b", "?ref=", "?mtime=x",
            "?submodules=2", "?x=y", "?a=%z",
        ] as [ByteString]
    )
    func mistakes(_ rest: ByteString) {
        #expect(throws: (any Error).self) { try source("https://h/r.git" + rest) }
    }

    @Test(
        "everything else is no repository",
        arguments: [
            "https://h/r", "http://h/r.git/x", "github.com/a/b", "./a@b:c", "a/b@c:d", "ftp://h/r.git", "file:///r.git",
            "@h:r", "a@:r", "a@b/c:d", "",
        ] as [ByteString]
    )
    func others(_ word: ByteString) throws {
        #expect(try source(word) == nil)
    }
}
