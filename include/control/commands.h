/*
 * The commands, each declared once: words, arguments, help, whether it changes something,
 * handler.  The daemon's dispatch, `help` and the client's expansion come from these
 * rows. A row with the handler `group` only stands for the commands that begin with its
 * words.
 */
#ifndef MYNAH_CONTROL_COMMANDS_H
#define MYNAH_CONTROL_COMMANDS_H

/* Ends the help of what only sessions of 1.6 know: the client takes these words whole, so
 * that the short forms of all others stay. */
#define CMD_OLD " (BIRD 1.6)"

#define CMD_P "(<protocol> | \"<pattern>\" | all)"

/* clang-format off */
#define COMMANDS(X) \
	X("quit", "", "Quit the client", false, quit) \
	X("exit", "", "Exit the client", false, quit) \
	X("help", "", "Description of the help system", false, help) \
	X("show", "...", "Show status information", false, group) \
	X("show status", "", "Show router status", false, show_status) \
	X("show version", "", "Show the version of the daemon", false, show_version) \
	X("show memory", "", "Show memory usage", false, show_memory) \
	X("show protocols", "[<protocol> | \"<pattern>\"]", \
	    "Show routing protocols", false, show_protocols) \
	X("show protocols all", "[<protocol> | \"<pattern>\"]", \
	    "Show routing protocol details", false, show_protocols_all) \
	X("show interfaces", "", "Show network interfaces", false, show_interfaces) \
	X("show interfaces summary", "", "Show summary of network interfaces", \
	    false, show_interfaces_summary) \
	X("show route", "[<prefix>|for <prefix>|for <ip>|in <prefix>] [table <t>] " \
	    "[filter <f>|where <cond>] [all] [primary] [filtered] " \
	    "[(export|preexport|noexport|exported) <p>] [protocol <p>] [stats|count]", \
	    "Show routing table", false, show_route) \
	X("show symbols", "[table|filter|function|protocol|template|<symbol>]", \
	    "Show all known symbolic names", false, show_symbols) \
	X("show filter", "<name>", "Show a filter as it is compiled", false, show_filter) \
	X("show roa", "[<prefix> | in <prefix> | for <prefix>] [as <num>] [table <t>]", \
	    "Show ROA database" CMD_OLD, false, show_roa) \
	X("show static", "[<name>]", "Show details of static protocol", false, \
	    show_static) \
	X("show bfd", "...", "Show information about BFD protocol", false, group) \
	X("show bfd sessions", "[<name>] [address <ip>|<prefix>] [(interface|dev) \"<name>\"] " \
	    "[ipv4|ipv6] [direct|multihop] [all]", \
	    "Show information about BFD sessions", false, show_bfd) \
	X("show update", "...", "Show the work shared between peers", false, group) \
	X("show update groups", "", "Show update groups: key, members, messages, bytes", \
	    false, show_groups) \
	X("dump", "<what>", "Dump debugging information (not supported)", true, dump) \
	X("eval", "<expr>", "Evaluate an expression", false, eval) \
	X("test", "...", "Try what the configuration does", false, group) \
	X("test filter", "<name> route <prefix> ([<attribute> <value>] ... " \
	    "[protocol <p>] | table <t> [protocol <p>])", \
	    "Run a filter on a route and say what it does", false, test_filter) \
	X("echo", "(all | off | { <class>, ... }) [<buffer-size>]", \
	    "Control echoing of log messages", false, echo) \
	X("add", "...", "Add to a ROA table" CMD_OLD, true, group) \
	X("add roa", "<prefix> max <num> as <num> [table <t>]", \
	    "Add a ROA entry" CMD_OLD, true, add_roa) \
	X("delete", "...", "Delete from a ROA table" CMD_OLD, true, group) \
	X("delete roa", "<prefix> max <num> as <num> [table <t>]", \
	    "Delete an added ROA entry" CMD_OLD, true, delete_roa) \
	X("flush", "...", "Empty a ROA table" CMD_OLD, true, group) \
	X("flush roa", "[table <t>]", "Delete all added ROA entries" CMD_OLD, true, \
	    flush_roa) \
	X("disable", CMD_P " [\"<message>\"]", "Disable protocol", true, disable) \
	X("enable", CMD_P " [\"<message>\"]", "Enable protocol", true, enable) \
	X("restart", CMD_P " [\"<message>\"]", "Restart protocol", true, restart) \
	X("reload", CMD_P, "Reload protocol", true, reload) \
	X("reload in", CMD_P, "Reload protocol (just imported routes)", true, reload_in) \
	X("reload out", CMD_P, "Reload protocol (just exported routes)", true, \
	    reload_out) \
	X("debug", CMD_P " (all | off | " \
	    "{ states|routes|filters|interfaces|events|packets, ... })", \
	    "Control protocol debugging via logs", true, debug) \
	X("mrtdump", CMD_P " (all | off | { states|messages, ... })", \
	    "Control protocol debugging via MRT files", true, mrtdump) \
	X("mrt", "...", "Write tables to MRT files" , true, group) \
	X("mrt dump", "table <t>|\"<pattern>\" to \"<file>\" [filter <f> | where <cond>]", \
	    "Write tables to MRT files", true, mrt_dump) \
	X("restrict", "", "Restrict current session to safe commands", false, \
	    restrict_to) \
	X("timeformat", \
	    "(\"<format>\" [<limit> \"<format>\"] | iso (short|long) [ms|us])", \
	    "Set time format for this session", false, timeformat) \
	X("configure", "[soft | restart] [\"<file>\" | -] [timeout [<sec>]]", \
	    "Reload configuration", true, configure) \
	X("configure soft", "[\"<file>\"] [timeout [<sec>]]", \
	    "Reload configuration and ignore changes in filters", true, configure_soft) \
	X("configure restart", "[\"<file>\" | -] [timeout [<sec>]]", \
	    "Reload configuration, restart what waits for a new session", \
	    true, configure_restart) \
	X("configure check", "[\"<file>\" | -]", \
	    "Parse configuration, say what it would change", \
	    true, configure_check) \
	X("configure confirm", "", \
	    "Confirm last configuration change - deactivate undo timeout", \
	    true, configure_confirm) \
	X("configure undo", "", "Undo last configuration change", true, configure_undo) \
	X("configure status", "", "Show configuration status", false, configure_status) \
	X("plan", "[\"<file>\" | -]", \
	    "Say what a reload would change and which sessions it drops", true, plan) \
	X("down", "", "Shut the daemon down", true, down) \
	X("graceful", "...", "Shut the daemon down for graceful restart", true, group) \
	X("graceful restart", "", "Shut the daemon down for graceful restart", \
	    true, graceful_restart)
/* clang-format on */

#endif
