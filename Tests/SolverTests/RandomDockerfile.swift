import Bytes
import OCI
import TestSupport
import Trees

/// A random Dockerfile with its context and arguments, and random edits of them.
///
/// Names are few, so that edits meet.
struct RandomDockerfile {
    struct Stage {
        /// `scratch`, `base`, or the number of an earlier stage.
        var base: Int?
        var isScratch = false
        var instructions: [ByteString] = []
    }

    var generator: SeededGenerator
    var stages: [Stage] = []
    var context = FileModel()
    var base = FileModel()
    var argument: ByteString = "1"

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        for _ in 0..<6 { editContext() }
        for _ in 0..<4 { base.write(path(), .file(text())) }
        for index in 0..<(1 + generator.below(4)) {
            var stage = Stage()
            setBase(of: &stage, index)
            for _ in 0..<(1 + generator.below(5)) { stage.instructions.append(instruction(in: index)) }
            stages.append(stage)
        }
    }

    private mutating func setBase(of stage: inout Stage, _ index: Int) {
        stage.isScratch = generator.oneIn(2)
        stage.base = index > 0 && generator.oneIn(2) ? generator.below(index) : nil
    }

    private mutating func word() -> ByteString { generator.one(of: "a", "b", "c") }

    /// What files of the context and the base hold.
    static let texts: [ByteString] = ["1", "2", "3"]

    private mutating func text() -> ByteString { generator.pick(RandomDockerfile.texts) ?? "" }

    private mutating func path() -> TreePath {
        TreePath(generator.oneIn(3) ? ["d", word()] : generator.oneIn(6) ? ["d", "e", word()] : [word()])
    }

    private mutating func pathText() -> ByteString { path().bytes }

    /// A file that no COPY ever writes: only of these do steps ask the time.
    private mutating func timed() -> ByteString { generator.one(of: "t/x", "t/y") }

    private mutating func command() -> ByteString {
        switch generator.below(24) {
        case 0, 1: "write " + pathText() + " " + text()
        case 2: "append " + pathText() + " " + text()
        case 3: "copy " + pathText() + " " + pathText()
        case 4: "rm " + pathText()
        case 5: "rm d"
        case 6: "mkdir " + pathText()
        case 7: "recreate d"
        case 8: "write a 1; ln a " + pathText()
        case 9: "symlink " + word() + " " + pathText()
        case 10: "mv " + pathText() + " " + pathText()
        case 11: "chmod " + generator.one(of: "600", "755") + " " + pathText()
        case 12: "touch " + timed() + " " + generator.one(of: "10", "20")
        case 13: "touch " + timed()
        case 14: "write " + timed() + " " + text()
        case 15: "digest " + pathText()
        case 16: "env ARGUMENT " + pathText()
        case 17, 18, 19: "modified " + timed() + " " + pathText()
        case 20, 21: "touch " + timed() + " 10"
        default: "true"
        }
    }

    private mutating func instruction(in stage: Int) -> ByteString {
        switch generator.below(18) {
        case 0...6:
            var text = "RUN " + mount(in: stage) + command()
            while generator.oneIn(2) { text += "; " + command() }
            return text
        case 7, 8: return "COPY " + generator.one(of: "a", "b", "d", ".", "*", "d/*") + " " + destination()
        case 9, 10:
            guard stage > 0 else { return "RUN " + command() }
            let from = ByteString("\(generator.below(stage))")
            return "COPY --from=" + from + " " + generator.one(of: "/a", "/d", "/d/*", "/", "/*") + " " + destination()
        case 14: return "COPY --link " + generator.one(of: "a", "d", ".", "*") + " " + destination()
        case 15: return "COPY --exclude=" + generator.one(of: "a", "**/b", "e") + " . " + destination()
        case 16: return "COPY --parents " + generator.one(of: "d/*", "**/a", "./d/./e/*", "d/**") + " /n/"
        case 17: return "RUN " + mount(in: stage) + "mounted " + generator.one(of: "a", "d/a", "b") + " " + pathText()
        case 11: return "ENV E=" + text()
        case 12: return "ARG ARGUMENT"
        default: return "WORKDIR /" + pathText()
        }
    }

    private mutating func mount(in stage: Int) -> ByteString {
        if stage > 0, generator.oneIn(6) {
            let from = ByteString("s\(generator.below(stage))")
            return "--mount=from=" + from + ",source=" + generator.one(of: "/", "/d") + ",target=/m "
        }
        return generator.oneIn(6) ? "--mount=source=" + generator.one(of: "/", "d") + ",target=/m " : ""
    }

    private mutating func destination() -> ByteString { generator.one(of: "/a", "/d", "/d/", "/n/", "/", "/d/e") }

    private mutating func editContext() {
        if generator.oneIn(5) {
            context.remove(path())
        } else {
            context.write(path(), .file(text(), mode: generator.one(of: 0o644, 0o644, 0o755)))
        }
    }

    // MARK: Edits

    mutating func edit() {
        let index = generator.below(stages.count)
        let count = stages[index].instructions.count
        switch generator.below(13) {
        case 0, 1:
            let added = instruction(in: index)
            stages[index].instructions.insert(added, at: generator.below(count + 1))
        case 2: if count > 0 { stages[index].instructions.remove(at: generator.below(count)) }
        case 3, 4:
            let other = instruction(in: index)
            if count > 0 { stages[index].instructions[generator.below(count)] = other }
        case 5: if count > 1 { stages[index].instructions.swapAt(generator.below(count), generator.below(count)) }
        case 6:
            // An edit that changes nothing that later steps can see.
            if count > 0 {
                let place = generator.below(count)
                if stages[index].instructions[place].hasPrefix("RUN ") { stages[index].instructions[place] += "; true" }
            }
        case 7:
            var stage = stages[index]
            setBase(of: &stage, index)
            stages[index] = stage
        case 8:
            argument = text()
            // A time that is set to another value, the rest as it was.
            for stage in stages.indices {
                stages[stage].instructions = stages[stage].instructions.map {
                    ByteString($0.text.replacing(" 10", with: " 30"))
                }
            }
        case 9: base.write(path(), .file(text()))
        case 10: context.rename(path(), to: path())
        default: editContext()
        }
    }

    var dockerfile: ByteString {
        var lines: [ByteString] = []
        for (index, stage) in stages.enumerated() {
            let from = stage.base.map { ByteString("s\($0)") } ?? (stage.isScratch ? "scratch" : "base")
            lines.append("FROM " + from + " AS " + ByteString("s\(index)"))
            lines += stage.instructions
        }
        return lines.joined(separator: "\n")
    }
}
