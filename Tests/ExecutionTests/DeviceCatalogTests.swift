import Bytes
import Graph
import Testing

@testable import Execution

@Suite("Specifications of devices")
struct DeviceCatalogTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func registry(_ folders: ByteString...) -> DeviceRegistry {
        let paths = folders.map { scratch.path + "/" + $0 }.joined(separator: ":")
        return DeviceCatalog(environment: ["SWIFT_BUILD_IMAGE_CDI_FOLDERS": paths]).registry
    }

    @Test("what a specification changes of a process is read: what is common to all devices first")
    func whole() throws {
        try scratch.write(
            "cdi/v.json",
            """
            {"cdiVersion": "0.7.0", "kind": "v.com/gpu", "annotations": {"org.mobyproject.buildkit.device.class": "g"},
             "containerEdits": {"env": ["A=1"], "hooks": [], "netDevices": null, "additionalGids": [5]},
             "devices": [
              {"name": "0", "containerEdits": {"env": ["B=2"], "deviceNodes": [{"path": "/dev/a"}, {"path": "/dev/b",
               "hostPath": "/dev/c", "major": 1, "fileMode": 438}], "mounts": [
               {"hostPath": "/h", "containerPath": "/c", "options": ["ro", "nosuid"]}, {"hostPath": "/i", "containerPath": "/d"}]}},
              {"name": "1", "annotations": {"org.mobyproject.buildkit.device.class": "h",
               "org.mobyproject.buildkit.device.autoallow": "true"}, "containerEdits": {"hooks": [{"path": "/x"}],
               "mounts": [{"hostPath": "t", "containerPath": "/t", "type": "tmpfs"}]}}]}
            """
        )
        let registry = registry("cdi", "none")
        #expect(registry.unread == [])
        var zero = Device(name: "v.com/gpu=0")
        zero.group = "g"
        zero.environment = ["A=1", "B=2"]
        zero.groups = [5]
        zero.nodes = [.init(path: "/dev/a", hostPath: "/dev/a"), .init(path: "/dev/b", hostPath: "/dev/c")]
        zero.mounts = [
            .init(path: "/c", hostPath: "/h", isReadOnly: true), .init(path: "/d", hostPath: "/i", isReadOnly: false),
        ]
        var one = Device(name: "v.com/gpu=1")
        one.group = "h"
        one.isAlwaysAllowed = true
        one.environment = ["A=1"]
        one.groups = [5]
        one.lacking = ["hooks", "a mount of type tmpfs"]
        #expect(registry.devices == [zero, one])
    }

    @Test("a later folder wins; a name that is twice in one folder is nobody's")
    func conflicts() throws {
        func specification(_ value: ByteString, _ names: ByteString...) -> ByteString {
            let devices = names.map { "{\"name\":\"" + $0 + "\",\"containerEdits\":{\"env\":[\"A=" + value + "\"]}}" }
            return "{\"kind\":\"v/c\",\"devices\":[" + devices.joined(separator: ",") + "]}"
        }
        try scratch.write("etc/a.json", specification("1", "x", "y", "z"))
        try scratch.write("run/b.json", specification("2", "x", "z"))
        try scratch.write("run/c.json", specification("3", "z"))
        try scratch.write("run/d.txt", "no specification")
        let registry = registry("etc", "run")
        #expect(registry.devices.map(\.name) == ["v/c=x", "v/c=y"])
        #expect(registry.devices.map(\.environment) == [["A=2"], ["A=1"]])
    }

    @Test(
        "what is no specification is told, and others count all the same",
        arguments: [
            "", "[]", "{}", "{\"kind\":\"v\"}", "{\"kind\":\"v/c\",\"devices\":[{}]}",
            "{\"kind\":\"v/c\",\"devices\":[{\"name\":\"a\",\"containerEdits\":{\"env\":[\"A\"]}}]}",
            "{\"kind\":\"v/c\",\"devices\":[{\"name\":\"a\",\"containerEdits\":{\"deviceNodes\":[{\"path\":\"dev\"}]}}]}",
            "{\"kind\":\"v/c\",\"devices\":[{\"name\":\"a\",\"containerEdits\":{\"mounts\":[{}]}}]}",
            "{\"kind\":\"v/c\",\"devices\":[{\"name\":\"a\",\"containerEdits\":{\"additionalGids\":[-1]}}]}",
        ] as [ByteString]
    )
    func malformed(_ text: ByteString) throws {
        try scratch.write("cdi/bad.json", text)
        try scratch.write("cdi/good.json", "{\"kind\":\"v/good\",\"devices\":[{\"name\":\"0\"}]}")
        let registry = registry("cdi")
        #expect(registry.devices.map(\.name) == ["v/good=0"])
        #expect(registry.unread.count == 1 && registry.unread[0].contains("/bad.json cannot be read"))
    }

    @Test("a specification in YAML is told")
    func yaml() throws {
        try scratch.write("cdi/nvidia.yaml", "kind: nvidia.com/gpu\n")
        let registry = registry("cdi")
        #expect(registry.unread.count == 1 && registry.unread[0].contains("/nvidia.yaml is in YAML"))
    }
}
