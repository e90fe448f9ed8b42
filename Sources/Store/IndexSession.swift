internal import Bytes
internal import FoundationEssentials
internal import GRDB
internal import OCI

/// Statements on the index, inside one call of ``IndexDatabase``.
///
/// Prepared statements are kept for the next time.
struct IndexSession {
    let database: Database

    /// Runs one statement; `arguments` stand for its question marks, in order.
    func run(_ sql: String, _ arguments: SQLValue...) throws {
        try database.cachedStatement(sql: sql).execute(arguments: StatementArguments(arguments))
    }

    /// Runs statements without arguments.
    func execute(_ sql: String) throws { try database.execute(sql: sql) }

    func row(_ sql: String, _ arguments: SQLValue...) throws -> IndexRow? {
        try Row.fetchOne(database.cachedStatement(sql: sql), arguments: StatementArguments(arguments)).map(
            IndexRow.init
        )
    }

    func rows(_ sql: String, _ arguments: SQLValue...) throws -> [IndexRow] {
        try Row.fetchAll(database.cachedStatement(sql: sql), arguments: StatementArguments(arguments)).map(
            IndexRow.init
        )
    }

    /// The first row, as a value; nil if there is none, or none that can be read.
    func first<Value>(
        _ sql: String,
        _ arguments: SQLValue...,
        decode: (IndexRow) throws -> Value
    ) throws -> Value? {
        let row = try Row.fetchOne(database.cachedStatement(sql: sql), arguments: StatementArguments(arguments))
        return try row.flatMap { try IndexSession.readable($0, decode) }
    }

    /// All rows that can be read, as values.
    func all<Value>(
        _ sql: String,
        _ arguments: SQLValue...,
        decode: (IndexRow) throws -> Value
    ) throws -> [Value] {
        let rows = try Row.fetchAll(database.cachedStatement(sql: sql), arguments: StatementArguments(arguments))
        return try rows.compactMap { try IndexSession.readable($0, decode) }
    }

    /// A row that cannot be read is as good as none: whatever it held is made again and stored over it.
    private static func readable<Value>(_ row: Row, _ decode: (IndexRow) throws -> Value) throws -> Value? {
        do { return try decode(IndexRow(row)) } catch is MalformedRow { return nil }
    }

    /// The number of the row that was inserted last.
    var insertedID: Int64 { database.lastInsertedRowID }

    /// How many rows the last statement changed.
    var changes: Int { database.changesCount }
}

/// A value in the index, in the four classes of SQLite that are used.
enum SQLValue: DatabaseValueConvertible {
    case null
    case integer(Int64)
    case text(String)
    case bytes([UInt8])

    static func hash(_ hash: ContentHash) -> SQLValue { .bytes(hash.bytes) }
    static func digest(_ digest: Digest?) -> SQLValue { digest.map { .text($0.description) } ?? .null }
    static func flag(_ flag: Bool) -> SQLValue { .integer(flag ? 1 : 0) }

    var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let value): value.databaseValue
        case .text(let value): value.databaseValue
        case .bytes(let value): Data(value).databaseValue
        }
    }

    static func fromDatabaseValue(_ value: DatabaseValue) -> SQLValue? {
        switch value.storage {
        case .null: .null
        case .int64(let value): .integer(value)
        case .string(let value): .text(value)
        case .blob(let value): .bytes([UInt8](value))
        case .double: nil
        }
    }
}

/// A row that was read; columns are asked for by their place in the SELECT.
///
/// A value that is not what the schema and this program's encodings say throws `MalformedRow`.
struct IndexRow {
    private let values: [SQLValue?]

    init(_ row: Row) { values = row.databaseValues.map(SQLValue.fromDatabaseValue) }

    func isNull(_ column: Int) -> Bool { if case .null? = values[column] { true } else { false } }

    func integer(_ column: Int) throws -> Int64 {
        guard case .integer(let value)? = values[column] else { throw malformed(column) }
        return value
    }

    func flag(_ column: Int) throws -> Bool { try integer(column) != 0 }

    func text(_ column: Int) throws -> String {
        guard case .text(let value)? = values[column] else { throw malformed(column) }
        return value
    }

    func bytes(_ column: Int) throws -> [UInt8] {
        guard case .bytes(let value)? = values[column] else { throw malformed(column) }
        return value
    }

    func hash(_ column: Int) throws -> ContentHash {
        guard let hash = ContentHash(try bytes(column)) else { throw malformed(column) }
        return hash
    }

    func digest(_ column: Int) throws -> Digest {
        let text = try text(column)
        do throws(OCIError) { return try Digest(text) } catch { throw malformed(column) }
    }

    func optionalDigest(_ column: Int) throws -> Digest? { isNull(column) ? nil : try digest(column) }

    func malformed(_ column: Int) -> MalformedRow { MalformedRow(column: column) }
}

/// A row with a value that this program does not write.
struct MalformedRow: Error {
    /// Its place in the SELECT.
    let column: Int
}
