internal import Bytes

/// The tables of the index; `Docs/StoreFormat.md` explains each.
///
/// A change of them is a new `version`.
enum IndexSchema {
    static let fileName: ByteString = "index.sqlite"
    /// "SBI1", in the header of the file: what tells the index from other SQLite databases.
    static let applicationID: Int64 = 0x5342_4931
    static let version: Int64 = 4

    /// What SQLite does not remember in the file.
    ///
    /// The busy time-out is set before these.
    static let connectionSettings = """
        PRAGMA synchronous = NORMAL;
        PRAGMA wal_autocheckpoint = 4000;
        PRAGMA journal_size_limit = 16777216;
        PRAGMA cell_size_check = ON;
        PRAGMA trusted_schema = OFF;
        """

    /// Makes the tables in an empty database.
    ///
    /// `boot` is null in rows whose files are known to be on the disk.
    static let creation = """
        PRAGMA application_id = \(applicationID);
        PRAGMA user_version = \(version);
        CREATE TABLE deltas (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            operation BLOB NOT NULL,
            digest BLOB NOT NULL,
            snapshot TEXT UNIQUE,
            is_empty INTEGER NOT NULL,
            diff_id TEXT,
            written_files INTEGER NOT NULL,
            written_bytes INTEGER NOT NULL,
            boot BLOB
        ) STRICT;
        CREATE INDEX deltas_by_digest ON deltas (operation, digest);
        CREATE INDEX deltas_unsynced ON deltas (boot) WHERE boot IS NOT NULL;
        CREATE TABLE results (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            content_key BLOB NOT NULL UNIQUE,
            operation BLOB NOT NULL,
            delta INTEGER NOT NULL REFERENCES deltas ON DELETE CASCADE,
            input_tree BLOB NOT NULL,
            input_times BLOB NOT NULL,
            output BLOB NOT NULL,
            output_times BLOB NOT NULL,
            record BLOB NOT NULL,
            description BLOB NOT NULL,
            cost INTEGER NOT NULL,
            created_seconds INTEGER NOT NULL,
            created_nanoseconds INTEGER NOT NULL,
            log TEXT,
            used INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX results_by_operation ON results (operation);
        CREATE INDEX results_by_delta ON results (delta);
        CREATE TABLE definition_keys (
            key BLOB PRIMARY KEY,
            result INTEGER NOT NULL REFERENCES results ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX definition_keys_by_result ON definition_keys (result);
        CREATE TABLE packed (
            delta INTEGER NOT NULL REFERENCES deltas ON DELETE CASCADE,
            parameters TEXT NOT NULL,
            media_type TEXT NOT NULL,
            digest TEXT NOT NULL,
            size INTEGER NOT NULL,
            diff_id TEXT NOT NULL,
            PRIMARY KEY (delta, parameters)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE base_layers (
            chain_id TEXT PRIMARY KEY,
            delta INTEGER NOT NULL REFERENCES deltas ON DELETE CASCADE,
            tree BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX base_layers_by_delta ON base_layers (delta);
        CREATE TABLE blobs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            digest TEXT NOT NULL UNIQUE,
            size INTEGER NOT NULL,
            boot BLOB
        ) STRICT;
        CREATE INDEX blobs_unsynced ON blobs (boot) WHERE boot IS NOT NULL;
        CREATE TABLE tree_objects (
            hash BLOB PRIMARY KEY,
            bytes BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        \(images)
        \(repacked)
        \(listings)
        \(verifiedLayers)
        \(downloads)
        """

    /// What version 2 brought: images that need no name, and what `packed` is searched by.
    ///
    /// `plain_size` is null as long as the size of one of the layers is not known.
    static let images = """
        CREATE TABLE images (
            manifest TEXT PRIMARY KEY,
            media_type TEXT NOT NULL,
            size INTEGER NOT NULL,
            config TEXT NOT NULL,
            created_seconds INTEGER,
            created_nanoseconds INTEGER,
            plain_size INTEGER,
            stored_seconds INTEGER NOT NULL,
            stored_nanoseconds INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX images_by_config ON images (config);
        CREATE TABLE image_layers (
            manifest TEXT NOT NULL REFERENCES images ON DELETE CASCADE,
            position INTEGER NOT NULL,
            media_type TEXT NOT NULL,
            digest TEXT NOT NULL,
            size INTEGER NOT NULL,
            diff_id TEXT NOT NULL,
            PRIMARY KEY (manifest, position)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX image_layers_by_digest ON image_layers (digest);
        CREATE INDEX image_layers_by_diff_id ON image_layers (diff_id);
        CREATE TABLE image_names (
            name TEXT PRIMARY KEY,
            manifest TEXT NOT NULL REFERENCES images ON DELETE CASCADE,
            given_seconds INTEGER NOT NULL,
            given_nanoseconds INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX image_names_by_manifest ON image_names (manifest);
        CREATE TABLE repository_digests (
            repository TEXT NOT NULL,
            digest TEXT NOT NULL,
            manifest TEXT NOT NULL REFERENCES images ON DELETE CASCADE,
            PRIMARY KEY (repository, digest)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX repository_digests_by_manifest ON repository_digests (manifest);
        CREATE TABLE blob_sources (
            digest TEXT NOT NULL,
            repository TEXT NOT NULL,
            PRIMARY KEY (digest, repository)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE layer_sizes (
            diff_id TEXT PRIMARY KEY,
            bytes INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX packed_by_digest ON packed (digest);
        """

    /// What version 3 brought: blobs whose plain bytes were found to be those of a diffID.
    ///
    /// That a blob is here and that a diffID is known says nothing of the two together.
    static let verifiedLayers = """
        CREATE TABLE verified_layers (
            digest TEXT NOT NULL,
            diff_id TEXT NOT NULL,
            PRIMARY KEY (digest, diff_id)
        ) STRICT, WITHOUT ROWID;
        """

    /// What version 4 brought: files of the web, by a hash of what was asked for.
    static let downloads = """
        CREATE TABLE downloads (
            request BLOB PRIMARY KEY,
            digest TEXT NOT NULL,
            etag TEXT,
            modified TEXT,
            compares_time INTEGER NOT NULL,
            stored INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX downloads_by_digest ON downloads (digest);
        """

    /// What version 2 brought for exporters: layers of others that were packed anew, by the blob they were made of.
    static let repacked = """
        CREATE TABLE repacked (
            source TEXT NOT NULL,
            parameters TEXT NOT NULL,
            media_type TEXT NOT NULL,
            digest TEXT NOT NULL,
            size INTEGER NOT NULL,
            diff_id TEXT NOT NULL,
            PRIMARY KEY (source, parameters)
        ) STRICT, WITHOUT ROWID;
        """

    /// What version 2 brought for deltas that are only packed: the blob that tells what the upper directory would be.
    static let listings = "ALTER TABLE deltas ADD COLUMN listing TEXT;"
}
