internal import Bytes
internal import Linux
internal import OCI
internal import Synchronization

extension ContextListing {
    /// Writes the stat index, if it would say anything new.
    ///
    /// Call it when all that the build reads has been read.
    ///
    /// - Throws: `indexNotWritten`; a build need not fail for it.
    package func saveIndex() throws(ContextsError) {
        guard let indexFile else { return }
        let content = state.withLock { state -> (records: [FileRecord], names: [UInt8])? in
            guard state.differsFromIndex else { return nil }
            state.computeObjects()
            state.differsFromIndex = false
            return state.indexContent(root: rootRecord, cutoff: cutoff)
        }
        guard let content else { return }
        do {
            try StatIndex.write(content.records, names: content.names, as: indexFile.name, in: indexFile.folder)
        } catch {
            throw .indexNotWritten(error)
        }
    }
}

extension ContextListing.State {
    /// The records level by level, and the names.
    fileprivate func indexContent(root: FileRecord, cutoff: Int64) -> (records: [FileRecord], names: [UInt8]) {
        let isSettled = settledDirectories(cutoff)
        var records = [root]
        var names: [UInt8] = []
        var numbers = [0]
        records[0].flags = []
        var position = 0
        // Records of other kinds are stepped over; `numbers` holds the directories in the order of their records.
        var next = 0
        while next < numbers.count {
            while records[position].kind != .directory { position += 1 }
            let number = numbers[next]
            let listing = directories[number]
            records[position].contentHash = isSettled[number] ? listing.object : nil
            if !listing.isComplete { records[position].flags.insert(.incomplete) }
            records[position].first = UInt32(truncatingIfNeeded: records.count)
            records[position].count = UInt32(truncatingIfNeeded: listing.records.count)
            for var record in listing.records {
                if record.kind == .directory { numbers.append(Int(record.first)) }
                let start = Int(record.nameOffset)
                let end = start + Int(record.nameLength) + Int(record.targetLength)
                record.nameOffset = UInt32(truncatingIfNeeded: names.count)
                names += listing.names[start..<end]
                record.flags.subtract([.known, .onlyForChildren])
                if !record.isOlder(than: cutoff) {
                    record.contentHash = nil
                } else if record.kind == .symlink {
                    record.flags.insert(.hashed)
                }
                records.append(record)
            }
            position += 1
            next += 1
        }
        return (records, names)
    }

    /// Which directories' objects are of nothing but what the index says: no file or link at or below is too young to be
    /// stored as it was read.
    private func settledDirectories(_ cutoff: Int64) -> [Bool] {
        var isSettled = [Bool](repeating: true, count: directories.count)
        for number in directories.indices.reversed() {
            isSettled[number] = directories[number].records.allSatisfy { record in
                switch record.kind {
                case .directory: isSettled[Int(record.first)]
                case .symlink: record.isOlder(than: cutoff)
                case .file: !record.flags.contains(.hashed) || record.isOlder(than: cutoff)
                default: true
                }
            }
        }
        return isSettled
    }
}
