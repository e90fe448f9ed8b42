import Glibc

/// One input: its first byte chooses what is tried, the rest is text.
///
/// Whatever the text is, nothing may trap, hang or take much memory; what is checked besides is said where it is checked.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    guard let choice = input.first else { return 0 }
    let text = ByteString(Array(input.dropFirst()))
    switch choice {
    case UInt8(ascii: "p"): fuzzParser(text)
    case UInt8(ascii: "x"): fuzzExpansion(text)
    case UInt8(ascii: "i"): fuzzPatterns(text)
    case UInt8(ascii: "c"): fuzzChecks(text)
    default: return -1
    }
    return 0
}

/// Stops the fuzzer if something that always holds does not.
private func require(_ condition: Bool, _ line: Int = #line) {
    guard !condition else { return }
    print("Harness.swift:\(line): broken")
    abort()
}

private func fuzzParser(_ text: ByteString) {
    let source = SourceText(content: text)
    do {
        let file = try DockerfileParser.parse(source)
        for instruction in file.metaArguments + file.stages.flatMap({ [$0.from] + $0.instructions }) {
            require(instruction.range.first >= 1 && instruction.range.last <= source.lineCount)
            _ = SourceExcerpt(source: source, range: instruction.range).text
            switch instruction.kind {
            case .run(let run):
                _ = run.shellText
                for mount in run.mounts { _ = try? mount.resolved { (word) throws(DockerfileError) in word } }
            case .onbuild(let onbuild):
                _ = try? DockerfileParser.parse(trigger: onbuild.expression, at: instruction.range)
            default: break
            }
        }
    } catch {
        require(!error.message.isEmpty)
        _ = error.rendered
    }
    guard let nodes = try? DockerfileParser.parseNodes(source) else { return }
    let document = NodesDocument.json(nodes).compact
    require((try? JSONValue(parsing: document)) != nil)
}

private func fuzzExpansion(_ text: ByteString) {
    guard let first = text.bytes.first else { return }
    let word = ByteString(Array(text.bytes.dropFirst()))
    let expansion = Expansion(
        escape: first & 0x80 == 0 ? 0x5C : 0x60,
        options: Expansion.Options(rawValue: first & 15),
        limit: 65_536
    ) { name in
        name.count == 1 ? ByteString(Array(text.bytes.suffix(200))) : nil
    }
    guard let result = try? expansion.expand(word) else { return }
    // The two ways to ask agree, whatever the shortcut for plain words does.
    if expansion.options.isEmpty { require((try? expansion.expandWord(word)) == result.text) }
    require(result.text.count <= 65_536 + word.count)
}

private func fuzzPatterns(_ text: ByteString) {
    let lines = text.split(separator: 0x0A)
    let path = lines[0]
    for line in lines.dropFirst().prefix(50) {
        guard let pattern = try? PathPattern(line) else { continue }
        _ = pattern.matches(path)
        // An escape character may stand inside a character: that pattern's name is no longer what it was read as.
        if let literal = pattern.literal, line.text.utf8.elementsEqual(line.bytes) {
            require(pattern.matches(literal))
            require(!pattern.matches(literal + "x"))
        }
    }
    let file = lines.dropFirst().joined(separator: "\n")
    guard let rules = try? IgnoreRules(file: file.bytes) else { return }
    let treePath = TreePath(parsing: path)
    let verdict = rules.verdict(on: treePath)
    if let rule = verdict.rule { require(rules.rules[rule].isNegated != verdict.isIgnored) }
    // Going down level by level says the same as asking for the whole path.
    var level: IgnoreRules.Level? = rules.top
    for (index, name) in treePath.components.enumerated() {
        guard let current = level else { break }
        let step = rules.verdict(on: name, in: current)
        if index == treePath.components.count - 1 { require(step.isIgnored == verdict.isIgnored) }
        level = rules.descend(into: name, step, from: current)
    }
}

private func fuzzChecks(_ text: ByteString) {
    guard let file = try? DockerfileParser.parse(SourceText(content: text)),
        let configuration = try? CheckConfiguration(of: file, buildArguments: [:])
    else { return }
    for purpose in [CheckRequest.Purpose.check, .build] {
        var request = CheckRequest(
            dockerfile: file,
            configuration: configuration,
            purpose: purpose,
            buildArguments: ["A": "value"],
            platformArguments: [("TARGETPLATFORM", "linux/amd64"), ("BUILDPLATFORM", "linux/amd64")],
            isImageName: { !$0.isEmpty },
            platform: { $0.isEmpty ? nil : ($0, $0) }
        )
        request.isIgnored = { $0.count == 1 }
        request.base = { name, _ in
            name.count == 1 ? CheckRequest.Base(environment: [("X", name)], triggers: ["COPY $Y /", "RUN x"]) : nil
        }
        let result = DockerfileChecks.run(request)
        for warning in result.warnings {
            require(warning.range.first >= 1 && warning.range.last <= max(1, file.source.lineCount))
            require(!warning.detail.isEmpty && !warning.detail.utf8.contains(0x0A))
        }
        let report = CheckReport(result, source: file.source)
        _ = report.text
        require((try? JSONValue(parsing: report.json.compact)) != nil)
        require((try? JSONValue(parsing: report.sarif(version: "1").compact)) != nil)
        if let outline = DockerfileOutline(request) {
            _ = outline.text
            require((try? JSONValue(parsing: outline.json.compact)) != nil)
        }
    }
    _ = DockerfileTargets(file).text
}
