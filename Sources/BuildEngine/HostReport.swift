internal import Linux
internal import Sandbox
internal import Store

/// What this machine can, and what the engine has chosen because of it.
public struct HostReport: Sendable {
    /// A name and what there is to say of it.
    public struct Row: Sendable, Hashable {
        /// What the row is about.
        public var name: String
        /// What there is to say.
        public var value: String

        /// A row.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Rows under one heading.
    public struct Section: Sendable, Hashable {
        /// The heading.
        public var title: String
        /// In the order to be shown in.
        public var rows: [Row]

        /// A section.
        public init(title: String, rows: [Row]) {
            self.title = title
            self.rows = rows
        }
    }

    /// In the order to be shown in.
    public var sections: [Section]
}

extension Engine {
    /// Asks the kernel what it can, by doing.
    public func hostReport() -> HostReport {
        let report = IsolationReport()
        var isolation = [
            HostReport.Row(name: "kernel", value: report.kernel),
            HostReport.Row(name: "mode", value: report.isolation.rawValue),
        ]
        if let failure = report.failure { isolation.append(HostReport.Row(name: "problem", value: failure.message)) }
        isolation += report.findings.map { finding in
            HostReport.Row(name: finding.subject, value: (finding.isAvailable ? "yes" : "no") + ": " + finding.detail)
        }
        var state: [HostReport.Row] = []
        if let space = try? store.directory.space() {
            let gigabyte = Double(1 << 30)
            let free = (Double(space.free) / gigabyte * 10).rounded() / 10
            let total = (Double(space.total) / gigabyte * 10).rounded() / 10
            state.append(HostReport.Row(name: "free space", value: "\(free) of \(total) GiB"))
        }
        return HostReport(sections: [
            HostReport.Section(title: "Isolation", rows: isolation),
            HostReport.Section(title: "State", rows: state),
        ])
    }
}
