internal import Bytes

/// What is wrong with a template, or with what it asks of a value; in the words of Docker, whose users know them.
package struct TemplateError: DescribedError, Hashable {
    package let message: String
    package var remedy: String? { nil }

    /// A template that cannot be read.
    init(line: Int, _ reason: String) { message = "template parsing error: template: :\(line): \(reason)" }

    /// A template that cannot be run at a place: `column` counts bytes of the line from 0.
    init(at place: TemplatePlace, _ reason: String) {
        message = """
            template parsing error: template: :\(place.line):\(place.column): executing "" at <\(place.text.text)>: \(reason)
            """
    }
}

/// A part of a template, for messages.
struct TemplatePlace: Hashable, Sendable {
    var line: Int
    var column: Int
    var text: ByteString
}
