//! The processors: model, limits, and the settings that change what a second of theirs is worth.

use super::{field, text};
use crate::noise::cpu_limit;

const CPUS: &str = "/sys/devices/system/cpu";
/// Files that tell of turbo frequencies, and what they hold when these are off.
const TURBO: [(&str, &str); 2] = [
    ("/sys/devices/system/cpu/intel_pstate/no_turbo", "1"),
    ("/sys/devices/system/cpu/cpufreq/boost", "0"),
];

/// What a comparison, or the doctor, needs to know of them. `None`: the host does not tell.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cpu {
    pub(crate) model: Option<String>,
    /// How many this process may use.
    pub(crate) usable: usize,
    pub(crate) virtual_machine: bool,
    /// What emulates it, where something does: its seconds are nobody's.
    pub(crate) emulated: Option<String>,
    /// Of the first CPU; they rarely differ.
    pub(crate) governor: Option<String>,
    pub(crate) turbo: Option<Turbo>,
    /// `on`, `off`, `forceoff`, `notsupported`, `notimplemented`.
    pub(crate) smt: Option<String>,
    /// Flaws of the processor that are not mended, and what the kernel was told to do.
    pub(crate) mitigations: Option<String>,
    pub(crate) clock: Option<String>,
    /// CPUs' worth of time that a control group allows.
    pub(crate) group_limit: Option<f64>,
}

/// Frequencies above the rated one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turbo {
    pub(crate) on: bool,
    /// What switches them off, written to `file`.
    pub(crate) off: &'static str,
    pub(crate) file: &'static str,
}

impl Cpu {
    pub(crate) fn read() -> Self {
        let cpuinfo = text("/proc/cpuinfo").unwrap_or_default();
        let cpu = |file: &str| text(format!("{CPUS}/{file}"));
        let product = text("/sys/class/dmi/id/product_name").unwrap_or_default();
        let command_line = text("/proc/cmdline").unwrap_or_default();
        Self {
            model: field(&cpuinfo, "model name", ':'),
            usable: std::thread::available_parallelism().map_or(1, usize::from),
            virtual_machine: is_virtual(&cpuinfo, &product)
                || text("/sys/hypervisor/type").is_some(),
            governor: cpu("cpu0/cpufreq/scaling_governor"),
            turbo: TURBO
                .into_iter()
                .find_map(|(file, off)| Some(Turbo::new(text(file)? != off, off, file))),
            smt: cpu("smt/control"),
            emulated: emulated(&cpuinfo, &command_line),
            mitigations: mitigations(&vulnerabilities(), &command_line),
            clock: text("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
            group_limit: cpu_limit(),
        }
    }

    pub(super) fn facts(&self, put: &mut impl FnMut(&str, Option<String>)) {
        put("cpu", self.model.clone());
        put("cores", Some(self.usable.to_string()));
        put(reports::emulated::FACT, self.emulated.clone());
        put("governor", self.governor.clone());
        let on_off = |on: bool| if on { "on" } else { "off" }.to_owned();
        put("turbo", self.turbo.map(|turbo| on_off(turbo.on)));
        put("smt", self.smt.clone());
        put("mitigations", self.mitigations.clone());
        put("clock", self.clock.clone());
        put(
            "cpu_limit",
            self.group_limit
                .map(|limit| format!("{limit} CPUs (control group)")),
        );
    }
}

fn is_virtual(cpuinfo: &str, product: &str) -> bool {
    let flagged = field(cpuinfo, "flags", ':')
        .is_some_and(|flags| flags.split(' ').any(|flag| flag == "hypervisor"));
    // Only x86 has the flag.
    let named = ["Virtual Machine", "KVM", "QEMU", "VMware", "VirtualBox"]
        .iter()
        .any(|name| product.contains(name));
    flagged || named
}

/// What a guest can tell by itself, and what those who started it say on the kernel's command line.
fn emulated(cpuinfo: &str, command_line: &str) -> Option<String> {
    let told = command_line
        .split_whitespace()
        .find_map(|word| word.strip_prefix("layerbench.emulated="));
    let named = |field_name: &str, text: &str| {
        field(cpuinfo, field_name, ':').is_some_and(|value| value.contains(text))
    };
    if named("model name", "QEMU TCG") || told == Some("tcg") {
        return Some("QEMU TCG".to_owned());
    }
    if named("vendor_id", "User Mode Linux") {
        return Some("User Mode Linux".to_owned());
    }
    told.map(str::to_owned)
}

impl Turbo {
    pub(crate) fn new(on: bool, off: &'static str, file: &'static str) -> Self {
        Self { on, off, file }
    }
}

/// Name and state of each flaw the kernel knows of.
fn vulnerabilities() -> Vec<(String, String)> {
    let Ok(entries) = std::fs::read_dir(format!("{CPUS}/vulnerabilities")) else {
        return Vec::new();
    };
    let mut found: Vec<(String, String)> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            Some((name, text(entry.path())?))
        })
        .collect();
    found.sort();
    found
}

/// `on` or what is open, and the kernel's own parameter: `on; open: vmscape; mitigations=auto`.
fn mitigations(vulnerabilities: &[(String, String)], command_line: &str) -> Option<String> {
    if vulnerabilities.is_empty() {
        return None;
    }
    let names = |state: &str| -> Vec<&str> {
        vulnerabilities
            .iter()
            .filter(|(_, text)| text.starts_with(state))
            .map(|(name, _)| name.as_str())
            .collect()
    };
    let mut parts = vec![match names("Mitigation").len() {
        0 => "none in effect".to_owned(),
        count => format!("{count} in effect"),
    }];
    let open = names("Vulnerable");
    if !open.is_empty() {
        parts.push(format!("open: {}", open.join(", ")));
    }
    let parameter = command_line
        .split_whitespace()
        .find(|word| word.starts_with("mitigations="));
    parts.extend(parameter.map(str::to_owned));
    Some(parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_flaws_are_named() {
        let flaw = |name: &str, state: &str| (name.to_owned(), state.to_owned());
        let known = [
            flaw("meltdown", "Not affected"),
            flaw("spectre_v1", "Mitigation: usercopy/swapgs barriers"),
            flaw("vmscape", "Vulnerable"),
        ];
        assert_eq!(
            mitigations(&known, "quiet mitigations=auto,nosmt root=UUID=x").as_deref(),
            Some("1 in effect; open: vmscape; mitigations=auto,nosmt")
        );
        assert_eq!(mitigations(&[], ""), None);
    }

    #[test]
    fn emulated_processors_are_known_by_name_or_by_the_command_line() {
        let model = "vendor_id\t: AuthenticAMD\nmodel name\t: QEMU TCG CPU version 2.5+\n";
        assert_eq!(emulated(model, "").as_deref(), Some("QEMU TCG"));
        let told = |word: &str| emulated("model name\t: Haswell\n", word);
        assert_eq!(
            told("quiet layerbench.emulated=tcg").as_deref(),
            Some("QEMU TCG")
        );
        assert_eq!(told("layerbench.emulated=other").as_deref(), Some("other"));
        assert_eq!(told("quiet"), None);
        let uml = "vendor_id\t: User Mode Linux\nmodel name\t: UML\n";
        assert_eq!(emulated(uml, "").as_deref(), Some("User Mode Linux"));
    }

    #[test]
    fn virtual_machines_are_known_by_flag_or_by_name() {
        assert!(is_virtual("flags\t: fpu hypervisor\n", ""));
        assert!(is_virtual("Features\t: fp asimd\n", "KVM Virtual Machine"));
        assert!(!is_virtual("flags\t: fpu\n", "ThinkPad"));
    }
}
