package import Bytes

/// A template of `--format`: the part of Go's `text/template` that docker's users write, with Docker's functions.
///
/// There are fields, variables, `if`, `else`, `range`, `with`, `break`, `continue`, pipelines, comments and trimming;
/// ``TemplateFunctions/names`` lists the functions. Missing, and refused by name, are `define`, `template`, `block`,
/// `call`, `html`, `js` and `urlquery`.
package struct GoTemplate: Sendable {
    private let nodes: [TemplateNode]
    /// The fields that it names; nil where it uses a value as a whole.
    let fields: Set<ByteString>?

    /// Reads a template.
    ///
    /// - Throws: `TemplateError`.
    package init(_ template: ByteString) throws(TemplateError) {
        nodes = try TemplateParser.parse(template)
        var scanner = TemplateScanner(template)
        var fields: Set<ByteString> = []
        var isWhole = false
        for case .action(let tokens, _) in try scanner.pieces() {
            for token in tokens {
                switch token.kind {
                case .field(let name): if name.isEmpty { isWhole = true } else { fields.insert(name) }
                case .variable("$"): isWhole = true
                default: break
                }
            }
        }
        self.fields = isWhole ? nil : fields
    }

    /// What it prints for a value.
    ///
    /// - Throws: `TemplateError` for a field that is not there, or a function that cannot be called so.
    package func text(for value: GoValue) throws(TemplateError) -> ByteString {
        var run = TemplateRun(value)
        try run.run(nodes, value)
        return ByteString(run.output)
    }

    /// What it prints for the headings of a table: functions that change text leave them as they are.
    ///
    /// Of a template that cannot be run over headings it is what was printed until then.
    func heading(for headings: GoValue) -> ByteString {
        var run = TemplateRun(headings, isHeading: true)
        try? run.run(nodes, headings)
        return ByteString(run.output)
    }
}
