import Bytes
import Glibc
import Linux
import Testing

@Suite("Lock files", .timeLimit(.minutes(20)))
struct LockFileTests {
    let scratch: Scratch
    var directory: Directory { scratch.directory }

    init() throws { scratch = try Scratch() }

    /// Whether another could take the lock now.
    private func isFree(_ sharing: LockFile.Sharing = .exclusive, _ name: ByteString = "lock") throws -> Bool {
        try isHeld(LockFile.acquire(name, in: directory, sharing: sharing, waits: false))
    }

    private func isHeld(_ lock: borrowing LockFile?) -> Bool {
        switch lock {
        case .some: true
        case .none: false
        }
    }

    @Test("an exclusive lock keeps all others out until it goes out of scope, and its file stays")
    func exclusive() throws {
        do {
            let lock = try LockFile.acquire("lock", in: directory, waits: false)
            let isTaken = isHeld(lock)
            try #require(isTaken)
            #expect(try !isFree())
            #expect(try !isFree(.shared))
            #expect(try isFree(.exclusive, "another"))
            withExtendedLifetime(lock) {}
        }
        #expect(try isFree())
        #expect(try directory.names().contains("lock"))
        #expect(try directory.status("lock").mode == 0o600)
    }

    @Test("a shared lock lets others share it, and nobody have it alone")
    func shared() throws {
        do {
            let lock = try LockFile.acquire("lock", in: directory, sharing: .shared, waits: true)
            #expect(try isFree(.shared))
            #expect(try !isFree(.exclusive))
            withExtendedLifetime(lock) {}
        }
        #expect(try isFree())
    }

    @Test("who waits gets the lock when its holder lets it go, not before")
    func waiting() throws {
        let isReleased = Flag()
        let isDone = Flag()
        let wasEarly = Flag()
        let directory = directory
        do {
            let lock = try LockFile.acquire("lock", in: directory, waits: false)
            let isTaken = isHeld(lock)
            try #require(isTaken)
            BackgroundThread.run {
                let mine = try? LockFile.acquire("lock", in: directory, waits: true)
                if !isReleased.value { wasEarly.set() }
                withExtendedLifetime(mine) {}
                isDone.set()
            }
            usleep(50_000)
            isReleased.set()
            withExtendedLifetime(lock) {}
        }
        isDone.wait()
        #expect(!wasEarly.value)
        #expect(try isFree())
    }

    @Test("another process's lock is seen, and ends with that process, however it ends", .enabled(if: flockTool != nil))
    func otherProcess() throws {
        let tool = try #require(flockTool)
        try directory.write("lock")
        let pid = try start(tool, "-F", scratch.path.text + "/lock", "sleep", "60")
        for _ in 0..<500 where try isFree() { usleep(10_000) }
        #expect(try !isFree())
        kill(pid, SIGKILL)
        var status: CInt = 0
        waitpid(pid, &status, 0)
        #expect(try isFree())
    }

    @Test("a directory is locked itself, by one holder at a time")
    func directories() throws {
        let inner = try scratch.folder("inner")
        let same = try directory.child("inner")
        do {
            let lock = try LockFile.tryAcquire(directory: inner)
            let other = try LockFile.tryAcquire(directory: same)
            let taken = [isHeld(lock), isHeld(other)]
            #expect(taken == [true, false])
            withExtendedLifetime(lock) {}
        }
        let isFree = isHeld(try LockFile.tryAcquire(directory: same))
        #expect(isFree)
    }

    @Test("a lock file that is a link is not followed")
    func links() throws {
        try directory.makeSymlink("lock", target: "elsewhere")
        #expect(failure { _ = try LockFile.acquire("lock", in: directory, waits: false) }?.code == ELOOP)
        #expect(try directory.names() == ["lock"])
    }
}

/// flock(1) of util-linux.
private let flockTool = findTool("flock")
