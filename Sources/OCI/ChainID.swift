extension [Digest] {
    /// Of diffIDs, lowest layer first: the names of the chains that end with each (OCI image-spec, "Layer ChainID").
    package var chainIDs: [Digest] {
        var chain: Digest?
        return map { diffID in
            let next = chain.map { Digest(of: [UInt8]("\($0) \(diffID)".utf8)) } ?? diffID
            chain = next
            return next
        }
    }
}
