internal import Bytes
internal import Dockerfile
internal import OCI

/// The variables that a stage's instructions see: ENV and ARG, the later of one name winning.
///
/// A class, so that looking up from an expansion never copies it: ten thousand ARGs stay linear.
final class StageEnvironment {
    private(set) var values = ProcessEnvironment()

    init(_ values: ProcessEnvironment = ProcessEnvironment()) { self.values = values }

    subscript(name: ByteString) -> ByteString? {
        get { values[name] }
        set { values[name] = newValue }
    }

    /// Sets a variable by its `NAME=value`.
    func set(_ entry: ByteString) { values.set(entry) }

    func copy() -> StageEnvironment { StageEnvironment(values) }
}

/// What a stage has come to after the instructions so far.
struct StageState {
    var environment: StageEnvironment
    var config: ImageConfig
    /// The variables of the config; it is written into `config` when the stage is done, so that each ENV costs itself only.
    var configEnvironment = ProcessEnvironment()
    /// What the stage's steps find themselves on.
    var platform: Platform
    /// The vertices whose deltas are the layers, the base first.
    var chain: [VertexID]
    /// The ARGs declared so far, in order, with the values they had; shown in the history of RUN.
    var arguments: [(name: ByteString, value: ByteString?)] = []
    /// ONBUILD triggers for a stage or image built from this one.
    var triggers: [ByteString] = []
    var hasOwnCmd = false
    /// Whether what came before is known: not above an image that was not looked at, nor where a mistake leaves it open.
    var isKnown = true
    /// Variables whose value is made of what is not known, or whose ENV or ARG has a mistake.
    var doubtfulNames: Set<ByteString> = []

    /// The state that a stage built from this one starts with; `isMoved`: nothing else will look at this one's variables.
    func inherited(isMoved: Bool = false) -> StageState {
        var state = self
        if !isMoved { state.environment = environment.copy() }
        state.config.config.onBuild = []
        state.triggers = []
        state.hasOwnCmd = false
        return state
    }

    /// What is asked of a stage that no other is built on any more: its last vertex.
    var tail: StageState {
        StageState(
            environment: StageEnvironment(),
            config: ImageConfig(platform: platform),
            platform: platform,
            chain: chain.suffix(1)
        )
    }
}
