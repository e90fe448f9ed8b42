internal import Bytes

/// A part of a template that was read.
indirect enum TemplateNode: Sendable {
    case text(ByteString)
    case action(TemplatePipeline)
    case condition(TemplatePipeline, then: [TemplateNode], otherwise: [TemplateNode])
    case range(TemplatePipeline, body: [TemplateNode], otherwise: [TemplateNode])
    case with(TemplatePipeline, body: [TemplateNode], otherwise: [TemplateNode])
    case leave
    case next
}

/// Commands of which each gets the value of the one before it as its last argument.
struct TemplatePipeline: Sendable {
    /// The variables that get the value: one, or for `range` two.
    var variables: [ByteString] = []
    /// Whether they are made here (`:=`) or were before (`=`).
    var declares = true
    var commands: [TemplateCommand] = []
    var place: TemplatePlace
}

/// An operand, or a function with its arguments.
struct TemplateCommand: Sendable {
    var operands: [TemplateOperand]
    var place: TemplatePlace
}

struct TemplateOperand: Sendable {
    indirect enum Kind: Sendable {
        case dot
        case null
        case value(GoValue)
        case variable(ByteString)
        case function(ByteString)
        case pipeline(TemplatePipeline)
    }

    var kind: Kind
    /// Fields of it, each with the place where it stands.
    var fields: [(name: ByteString, place: TemplatePlace)] = []
    var place: TemplatePlace
}
