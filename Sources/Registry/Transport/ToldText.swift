internal import Bytes

/// What a registry says of a request that it does not fulfil, short and safe to show.
enum ToldText {
    /// Bytes of an answer that are looked at.
    static let limit = 1 << 20
    private static let longest = 240

    /// The messages of an error document (OCI distribution-spec 1.1, "Error Codes"), those that token servers use, or
    /// the first line of plain text.
    ///
    /// - Parameters:
    ///   - body: what came; it may be anything.
    ///   - contentType: what the header says it is.
    ///   - secrets: what must not be in it.
    /// - Returns: one line; nothing where the body says nothing.
    static func text(of body: [UInt8], contentType: String?, hiding secrets: Secrets = Secrets()) -> String {
        if let document = try? JSONValue(parsing: body, maximumDepth: 32) {
            // Hidden before it is cut: a part of a secret would not be found.
            return shortened(secrets.hidden(in: messages(in: document).joined(separator: "; ")))
        }
        guard contentType?.hasPrefix("text/plain") ?? false else { return "" }
        let line = body.split(separator: UInt8(ascii: "\n"), maxSplits: 1).first ?? []
        return shortened(secrets.hidden(in: ByteString(Array(line)).text))
    }

    private static func messages(in document: JSONValue) -> [String] {
        let errors = document["errors"]?.array ?? []
        if !errors.isEmpty {
            return errors.prefix(4).compactMap { error in
                let code = error["code"]?.string?.text.lowercased().replacing("_", with: " ")
                let message = error["message"]?.string?.text
                guard let code, !code.isEmpty, code != message?.lowercased() else { return message }
                return message.map { $0.isEmpty ? code : "\(code): \($0)" } ?? code
            }
        }
        let names: [ByteString] = ["error_description", "details", "message", "error"]
        return names.compactMap { document[$0]?.string?.text }.first.map { [$0] } ?? []
    }

    /// Text of others, escaped.
    static func safe(_ text: some StringProtocol) -> String { ByteString(String(text)).escaped }

    private static func shortened(_ text: String) -> String {
        let clean = ByteString(text.replacing("\n", with: " ")).escaped
        return clean.count <= longest ? clean : clean.prefix(longest) + "…"
    }
}
