/*
 * RTR: PDUs to values and back.
 */
#include "test.h"

#include "base/wire.h"
#include "bgp/rtr.h"
#include "bytes.h"

static const struct row {
	const char *name, *bytes;
	int len;   /* as rtr_decode */
	int error; /* where it is -1 */
	const char *net;
	bool announce;
} rows[] = {
	{ "nothing", "", 0, 0, NULL, false },
	{ "half a head", "01 04 00 00", 0, 0, NULL, false },
	{ "half a prefix", "01 04 00 00 00 00 00 14 01 10 18 00", 0, 0, NULL, false },
	{ "IPv4 announced", "01 04 00 00 00 00 00 14 01 10 18 00 0a 01 00 00 00 00 fd e8",
	    20, 0, "10.1.0.0/16-24 AS65000", true },
	{ "IPv4 withdrawn, host bits",
	    "00 04 00 00 00 00 00 14 00 10 10 00 0a 01 02 03 "
	    "00 00 00 05",
	    20, 0, "10.1.0.0/16-16 AS5", false },
	{ "IPv6",
	    "02 06 00 00 00 00 00 20 01 20 30 00 20 01 0d b8 00 00 00 00 00 00 00 00 "
	    "00 00 00 01 00 00 00 07",
	    32, 0, "2001:db8::/32-48 AS7", true },
	{ "max below length",
	    "01 04 00 00 00 00 00 14 01 10 08 00 0a 01 00 00 00 00 00 05", -1,
	    RTR_CORRUPT, NULL, false },
	{ "max beyond 32", "01 04 00 00 00 00 00 14 01 10 21 00 0a 01 00 00 00 00 00 05",
	    -1, RTR_CORRUPT, NULL, false },
	{ "wrong length",
	    "01 04 00 00 00 00 00 15 01 10 18 00 0a 01 00 00 00 00 fd e8 00", -1,
	    RTR_CORRUPT, NULL, false },
	{ "huge length", "01 0a 00 00 7f ff ff ff", -1, RTR_CORRUPT, NULL, false },
	{ "length below the head", "01 0a 00 00 00 00 00 04", -1, RTR_CORRUPT, NULL,
	    false },
	{ "version 3", "03 04 00 00 00 00 00 14", -1, RTR_UNSUPPORTED_VERSION, NULL,
	    false },
	{ "type 5", "01 05 00 00 00 00 00 08", -1, RTR_UNSUPPORTED_PDU, NULL, false },
	{ "type 99", "01 63 00 00 00 00 00 08", -1, RTR_UNSUPPORTED_PDU, NULL, false },
	{ "router key in version 0", "00 09 00 00 00 00 00 0c 00 00 00 00", -1,
	    RTR_UNSUPPORTED_PDU, NULL, false },
	{ "ASPA", "02 0b 01 00 00 00 00 14 00 00 fd e8 00 00 00 01 00 00 00 02", 20, 0,
	    "65000", true },
	{ "ASPA withdrawn", "02 0b 00 00 00 00 00 0c 00 00 fd e8", 12, 0, "65000",
	    false },
	{ "ASPA without providers", "02 0b 01 00 00 00 00 0c 00 00 fd e8", -1,
	    RTR_CORRUPT, NULL, false },
	{ "ASPA in version 1", "01 0b 01 00 00 00 00 10 00 00 fd e8 00 00 00 01", -1,
	    RTR_UNSUPPORTED_PDU, NULL, false },
	{ "end of data, version 0", "00 07 00 05 00 00 00 0c 00 00 00 09", 12, 0, NULL,
	    false },
	{ "end of data, version 1 as 0", "01 07 00 05 00 00 00 0c 00 00 00 09", -1,
	    RTR_CORRUPT, NULL, false },
	{ "error report", "01 0a 00 02 00 00 00 12 00 00 00 00 00 00 00 02 68 69", 18, 0,
	    NULL, false },
	{ "error report, lengths lie",
	    "01 0a 00 02 00 00 00 12 ff ff ff ff 00 00 00 02 68 69", 18, 0, NULL, false },
};

static void
row_test(void **state)
{
	const struct row *r = *state;
	enum rtr_error error = RTR_CORRUPT;
	uint8_t bytes[64];
	size_t n = hex_read(r->bytes, bytes);
	char text[NET_TEXT_MAX];
	struct rtr_pdu p;

	assert_int_equal(rtr_decode(bytes, n, &p, &error), r->len);
	if (r->len < 0)
		assert_int_equal(error, r->error);
	if (!r->net)
		return;
	assert_string_equal(net_format(&p.net, text), r->net);
	assert_int_equal(p.announce, r->announce);
}

static void
writes(void **state)
{
	uint8_t buf[RTR_OUT_MAX], pdu[100] = { 9 };
	enum rtr_error error;
	struct rtr_pdu p;

	(void)state;
	assert_int_equal(rtr_reset_query(1, buf), 8);
	assert_int_equal(rtr_decode(buf, 8, &p, &error), 8);
	assert_int_equal(p.type, RTR_RESET_QUERY);
	assert_int_equal(rtr_serial_query(2, 7, 99, buf), 12);
	assert_int_equal(rtr_decode(buf, 12, &p, &error), 12);
	assert_int_equal(p.session, 7);
	assert_int_equal(p.serial, 99);
	assert_int_equal(
	    rtr_error_report(1, RTR_CORRUPT, pdu, sizeof(pdu), "bad", buf), 83);
	assert_int_equal(rtr_decode(buf, 83, &p, &error), 83);
	assert_int_equal(p.text_len, 3);
	assert_memory_equal(p.text, "bad", 3);
}

int
main(void)
{
	ADD_ROWS(rows, name, row_test);
	ADD_TEST(writes);
	return tests_run("rtr");
}
