internal import Bytes
internal import Graph
internal import Linux
internal import Sandbox

extension MountSet {
    /// A socket that a step of the mount's user can connect to.
    ///
    /// It is made in a folder of the build's own, of which the step sees this one file.
    func open(_ agent: AgentMount) throws -> (socket: DetachedMount, door: AgentRelay.Door)? {
        guard let path = try executor.agents.socket(of: agent.id) else {
            if agent.isRequired { throw ExecutionError.missingAgent(agent.id) }
            return nil
        }
        let folder = try executor.folder.makeSocketDirectory()
        let name: ByteString = "socket"
        let listener = try LocalSocket.listening(at: name, in: folder)
        try folder.setOwner(name, uid: agent.uid, gid: agent.gid)
        try folder.setMode(name, mode: agent.mode)
        let attributes: DetachedMount.Attributes = [.noDevices, .noSetuid, .noExecution]
        let socket = try DetachedMount.bind(path: name, beneath: folder, attributes: attributes).mount
        return (socket, AgentRelay.Door(listener: listener, agent: path))
    }
}
