internal import Bytes

/// Runs a template over one value (Go's `text/template`, "Execution").
struct TemplateRun {
    private(set) var output: [UInt8] = []
    private var variables: [(name: ByteString, value: GoValue)]

    private enum Flow { case on, leave, next }

    /// Whether functions leave text as it is.
    private let isHeading: Bool

    init(_ value: GoValue, isHeading: Bool = false) {
        variables = [("$", value)]
        self.isHeading = isHeading
    }

    mutating func run(_ nodes: [TemplateNode], _ dot: GoValue) throws(TemplateError) { _ = try walk(nodes, dot) }

    private mutating func walk(_ nodes: [TemplateNode], _ dot: GoValue) throws(TemplateError) -> Flow {
        for node in nodes {
            let flow = try step(node, dot)
            if flow != .on { return flow }
        }
        return .on
    }

    private mutating func step(_ node: TemplateNode, _ dot: GoValue) throws(TemplateError) -> Flow {
        switch node {
        case .text(let text): output += text.bytes
        case .leave: return .leave
        case .next: return .next
        case .action(let pipeline):
            let value = try evaluate(pipeline, dot)
            if pipeline.variables.isEmpty { output += value.printed.bytes }
        case .condition(let pipeline, let then, let otherwise):
            return try scoped { run throws(TemplateError) in
                let nodes = try run.evaluate(pipeline, dot).isTrue ? then : otherwise
                return try run.walk(nodes, dot)
            }
        case .with(let pipeline, let body, let otherwise):
            return try scoped { run throws(TemplateError) in
                let value = try run.evaluate(pipeline, dot)
                return value.isTrue ? try run.walk(body, value) : try run.walk(otherwise, dot)
            }
        case .range(let pipeline, let body, let otherwise):
            return try range(pipeline, body, otherwise, dot)
        }
        return .on
    }

    /// Variables that the body makes are gone after it.
    private mutating func scoped(
        _ body: (inout TemplateRun) throws(TemplateError) -> Flow
    ) throws(TemplateError) -> Flow {
        let outer = variables.count
        defer { variables.removeLast(variables.count - outer) }
        return try body(&self)
    }

    private mutating func range(
        _ pipeline: TemplatePipeline,
        _ body: [TemplateNode],
        _ otherwise: [TemplateNode],
        _ dot: GoValue
    ) throws(TemplateError) -> Flow {
        var source = pipeline
        source.variables = []
        let value = try evaluate(source, dot)
        let items: [(key: GoValue, value: GoValue)]
        switch value {
        case .list(let elements): items = (elements ?? []).enumerated().map { (.integer(Int64($0)), $1) }
        case .map(let members):
            items = (members ?? [:]).sorted { $0.key < $1.key }.map { (.text($0.key), $0.value) }
        case .integer(let count): items = (0..<max(0, min(count, 1 << 20))).map { (.integer($0), .integer($0)) }
        default:
            throw TemplateError(at: pipeline.place, "range can't iterate over \(value.printed.text)")
        }
        if items.isEmpty { return try scoped { run throws(TemplateError) in try run.walk(otherwise, dot) } }
        for item in items {
            let flow = try scoped { run throws(TemplateError) in
                switch pipeline.variables.count {
                case 1: run.set(pipeline.variables[0], item.value, declares: pipeline.declares)
                case 2:
                    run.set(pipeline.variables[0], item.key, declares: pipeline.declares)
                    run.set(pipeline.variables[1], item.value, declares: pipeline.declares)
                default: break
                }
                return try run.walk(body, item.value)
            }
            if flow == .leave { break }
        }
        return .on
    }

    private mutating func set(_ name: ByteString, _ value: GoValue, declares: Bool) {
        if !declares, let index = variables.lastIndex(where: { $0.name == name }) {
            variables[index].value = value
        } else {
            variables.append((name, value))
        }
    }

    // MARK: Values

    private mutating func evaluate(_ pipeline: TemplatePipeline, _ dot: GoValue) throws(TemplateError) -> GoValue {
        var value: GoValue?
        for command in pipeline.commands { value = try evaluate(command, dot, last: value) }
        let result = value ?? .missing
        for name in pipeline.variables { set(name, result, declares: pipeline.declares) }
        return result
    }

    private mutating func evaluate(
        _ command: TemplateCommand,
        _ dot: GoValue,
        last: GoValue?
    ) throws(TemplateError) -> GoValue {
        guard case .function(let name) = command.operands[0].kind else { return try evaluate(command.operands[0], dot) }
        if name == "and" || name == "or" { return try shortCircuit(name == "and", command, dot, last: last) }
        var arguments: [GoValue] = []
        for operand in command.operands.dropFirst() { arguments.append(try evaluate(operand, dot)) }
        if let last { arguments.append(last) }
        if isHeading, TemplateFunctions.leavingHeadings.contains(name), case .text? = arguments.first {
            return arguments[0]
        }
        do { return try TemplateFunctions.call(name, arguments) } catch {
            throw TemplateError(at: command.place, "error calling \(name.text): \(error.reason)")
        }
    }

    /// `and` and `or` stop at the first argument that decides, and give it.
    private mutating func shortCircuit(
        _ isAnd: Bool,
        _ command: TemplateCommand,
        _ dot: GoValue,
        last: GoValue?
    ) throws(TemplateError) -> GoValue {
        var result: GoValue?
        for operand in command.operands.dropFirst() {
            let value = try evaluate(operand, dot)
            if value.isTrue != isAnd { return value }
            result = value
        }
        guard let value = last ?? result else {
            throw TemplateError(
                at: command.place,
                "wrong number of args for \(isAnd ? "and" : "or"): want at least 1 got 0"
            )
        }
        return value
    }

    private mutating func evaluate(_ operand: TemplateOperand, _ dot: GoValue) throws(TemplateError) -> GoValue {
        var value: GoValue
        switch operand.kind {
        case .dot: value = dot
        case .null: throw TemplateError(at: operand.place, "nil is not a command")
        case .value(let constant): value = constant
        case .variable(let name): value = variables.last { $0.name == name }?.value ?? .missing
        case .pipeline(let pipeline): value = try evaluate(pipeline, dot)
        case .function(let name):
            do { value = try TemplateFunctions.call(name, []) } catch {
                throw TemplateError(at: operand.place, "error calling \(name.text): \(error.reason)")
            }
        }
        for (name, place) in operand.fields { value = try field(name, of: value, place) }
        return value
    }

    private func field(_ name: ByteString, of value: GoValue, _ place: TemplatePlace) throws(TemplateError) -> GoValue {
        switch value {
        case .structure(let structure):
            guard let field = structure[name] else {
                throw TemplateError(at: place, "can't evaluate field \(name.text) in type \(structure.name)")
            }
            return field
        case .map(let members): return members?[name] ?? .missing
        case .null: throw TemplateError(at: place, "nil pointer evaluating \(name.text)")
        case .missing: return .missing
        default: throw TemplateError(at: place, "can't evaluate field \(name.text) in type \(value.kind)")
        }
    }
}
