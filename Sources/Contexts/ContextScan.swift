internal import Bytes
internal import Linux
internal import Synchronization
internal import Trees

/// One walk over a context: every name with its status, nothing opened but directories.
///
/// Several workers share it. A directory is one item of work, or several if it is large; it is reached through its
/// parent's descriptor, so that no path is followed twice and no link ever.
final class ContextScan: Sendable {
    struct Item: Sendable {
        enum Place: Sendable {
            case opened(Directory)
            case child(ByteString, of: Directory)
            /// A part of a directory's names.
            case names(ArraySlice<ByteString>, part: Int, in: Directory)
        }

        var number: Int
        var place: Place
        var path: TreePath
        var level: IgnoreRules.Level
        /// The directory's record in the index.
        var known: Int?
    }

    private struct State {
        var directories: [DirectoryListing]
        /// Parts of large directories that came before an earlier one.
        var parts: [Int: [DirectoryListing?]] = [:]
        var counters = ContextCounters()
        var failure: ContextsError?
    }

    private let queue: WorkQueue<Item>
    private let rules: IgnoreRules
    private let index: StatIndex?
    private let cutoff: Int64
    private let state: Mutex<State>

    /// How many names are one item of work.
    private static let portion = 256

    init(root: Directory, rules: IgnoreRules, index: StatIndex?, cutoff: Int64) {
        self.rules = rules
        self.index = index
        self.cutoff = cutoff
        let known = index == nil ? nil : 0
        queue = WorkQueue([Item(number: 0, place: .opened(root), path: .root, level: rules.top, known: known)])
        state = Mutex(
            State(directories: [DirectoryListing(parent: -1, name: "", known: known.flatMap { index?.summary($0) })])
        )
    }

    /// Walks with as many workers as there are processors, alone while there is little to do.
    func run() async throws(ContextsError) -> (directories: [DirectoryListing], counters: ContextCounters) {
        work(atMost: 4)
        if !queue.isEmpty {
            await withTaskExecutorPreference(BlockingThreads.shared) {
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<min(BlockingThreads.processorCount, 8) { group.addTask { self.work(atMost: .max) } }
                }
            }
        }
        let result = state.withLock { state in
            let parts = state.parts
            state.parts = [:]
            for (number, parts) in parts {
                for part in parts { if let part { state.directories[number].append(part) } }
            }
            defer { state.directories = [] }
            return (state.failure, state.directories, state.counters)
        }
        if let failure = result.0 { throw failure }
        return (result.1, result.2)
    }

    private func work(atMost limit: Int) {
        var done = 0
        while done < limit, let item = queue.next() {
            do throws(ContextsError) { try scan(item) } catch {
                state.withLock { if $0.failure == nil { $0.failure = error } }
                queue.close()
            }
            queue.finish()
            done += 1
        }
    }

    private func scan(_ item: Item) throws(ContextsError) {
        let directory: Directory
        switch item.place {
        case .names(let names, let part, let directory): return try scan(names, part: part, of: item, in: directory)
        case .opened(let opened): directory = opened
        case .child(let name, let parent):
            do { directory = try parent.child(name) } catch {
                throw error.isNotFound ? .changedWhileRead(item.path.bytes) : .unreadable(item.path.bytes, error)
            }
        }
        var names: [ByteString]
        do { names = try directory.names() } catch { throw .unreadable(item.path.bytes, error) }
        names.sort()
        guard names.count > ContextScan.portion else { return try scan(names[...], part: nil, of: item, in: directory) }
        let starts = Array(stride(from: 0, to: names.count, by: ContextScan.portion))
        state.withLock { $0.parts[item.number] = Array(repeating: nil, count: starts.count) }
        queue.push(
            starts.enumerated().map { part, start in
                var next = item
                let end = min(start + ContextScan.portion, names.count)
                next.place = .names(names[start..<end], part: part, in: directory)
                return next
            }
        )
    }

    private func scan(
        _ names: ArraySlice<ByteString>,
        part: Int?,
        of item: Item,
        in directory: Directory
    ) throws(ContextsError) {
        var listing = DirectoryListing(parent: -1, name: "")
        var counters = ContextCounters()
        var below: [Item] = []
        var cursor = StatIndexCursor(index, directory: item.known)
        listing.records.reserveCapacity(names.count)
        for name in names {
            var level: IgnoreRules.Level?
            let verdict = rules.verdict(on: name, in: item.level)
            if verdict.isIgnored {
                counters.ignored += 1
                level = rules.descend(into: name, verdict, from: item.level)
                if level == nil { continue }
            }
            guard var record = try record(name, in: directory, of: item) else { continue }
            if verdict.isIgnored {
                if record.kind != .directory { continue }
                record.flags.insert(.onlyForChildren)
            }
            if item.path.components.count >= TreePath.depthLimit { throw .tooDeep(item.path.appending(name)) }
            let known = cursor?.find(name)
            var target: ByteString = ""
            switch record.kind {
            case .socket:
                counters.sockets += 1
                continue
            case .directory:
                counters.directories += 1
                let knownDirectory = known?.record.kind == .directory ? known : nil
                if knownDirectory?.record.mode == record.mode { record.flags.insert(.known) }
                record.first = UInt32(below.count)
                below.append(
                    Item(
                        number: 0,
                        place: .child(name, of: directory),
                        path: item.path.appending(name),
                        level: level ?? rules.descend(into: name, verdict, from: item.level) ?? rules.top,
                        known: knownDirectory?.number
                    )
                )
            case .symlink:
                counters.links += 1
                if let known, let index, known.record.flags.contains(.hashed), known.record.isSameState(as: record),
                    record.isOlder(than: cutoff)
                {
                    record.flags.insert(.known)
                    target = index.target(of: known.record)
                } else {
                    do { target = try directory.linkTarget(name) } catch {
                        if error.isNotFound { continue }
                        throw .unreadable(item.path.appending(name).bytes, error)
                    }
                }
            case .file:
                counters.files += 1
                counters.bytes += record.size
                if let known { take(known.record, into: &record, &counters) }
            case .fifo, .characterDevice, .blockDevice:
                counters.others += 1
                if let known, known.record.isSameState(as: record) { record.flags.insert(.known) }
            }
            listing.append(record, name: name, target: target)
        }
        put(&listing, part: part, below: &below, counters, number: item.number)
        queue.push(below)
    }

    /// Takes over what the index knows of a file, if it is still so.
    private func take(_ known: FileRecord, into record: inout FileRecord, _ counters: inout ContextCounters) {
        guard known.isSameState(as: record) else { return }
        if let hash = known.contentHash {
            guard record.isOlder(than: cutoff) else { return }
            record.contentHash = hash
            counters.indexHits += 1
        }
        record.flags.insert(.known)
    }

    /// Nil for a name that has gone since it was listed.
    private func record(_ name: ByteString, in directory: Directory, of item: Item) throws(ContextsError) -> FileRecord?
    {
        do { return try directory.statusIfPresent(name).map { FileRecord($0) } } catch {
            throw .unreadable(item.path.appending(name).bytes, error)
        }
    }

    /// Stores a listing and gives numbers to the directories in it.
    private func put(
        _ listing: inout DirectoryListing,
        part: Int?,
        below: inout [Item],
        _ counters: ContextCounters,
        number: Int
    ) {
        let found = listing
        below = state.withLock { [below] state in
            var (listing, below) = (found, below)
            for record in listing.records.indices where listing.records[record].kind == .directory {
                let child = Int(listing.records[record].first)
                below[child].number = state.directories.count
                listing.records[record].first = UInt32(truncatingIfNeeded: state.directories.count)
                let name = below[child].path.last ?? ""
                let summary = below[child].known.flatMap { index?.summary($0) }
                state.directories.append(DirectoryListing(parent: number, name: name, known: summary))
            }
            state.counters.add(counters)
            if let part {
                state.parts[number]?[part] = listing
            } else {
                state.directories[number].append(listing)
            }
            return below
        }
    }
}

extension StatIndex {
    /// What a directory's record tells of its object.
    fileprivate func summary(_ number: Int) -> DirectoryListing.Known {
        let record = record(number)
        return .init(
            hash: record.contentHash,
            isComplete: !record.flags.contains(.incomplete),
            count: Int(record.count)
        )
    }
}
