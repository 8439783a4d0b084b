/*
 * RTR, the protocol between an RPKI cache and a router: bytes to values and back.
 * Versions 0 (RFC 6810), 1 (RFC 8210) and 2 (draft-ietf-sidrops-8210bis, ASPA).  Pure.
 */
#ifndef MYNAH_BGP_RTR_H
#define MYNAH_BGP_RTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/net.h"

#define RTR_VERSION_MAX 2
#define RTR_PDU_MAX	65536 /* an ASPA with its providers */
#define RTR_PDU_HEAD	8
#define RTR_OUT_MAX	256 /* of what we send */

enum rtr_type {
	RTR_SERIAL_NOTIFY = 0,
	RTR_SERIAL_QUERY = 1,
	RTR_RESET_QUERY = 2,
	RTR_CACHE_RESPONSE = 3,
	RTR_IPV4_PREFIX = 4,
	RTR_IPV6_PREFIX = 6,
	RTR_END_OF_DATA = 7,
	RTR_CACHE_RESET = 8,
	RTR_ROUTER_KEY = 9,
	RTR_ERROR_REPORT = 10,
	RTR_ASPA = 11,
};

enum rtr_error {
	RTR_CORRUPT = 0,
	RTR_INTERNAL = 1,
	RTR_NO_DATA = 2,
	RTR_INVALID_REQUEST = 3,
	RTR_UNSUPPORTED_VERSION = 4,
	RTR_UNSUPPORTED_PDU = 5,
	RTR_UNKNOWN_WITHDRAWAL = 6,
	RTR_DUPLICATE = 7,
	RTR_UNEXPECTED_VERSION = 8,
};

struct rtr_pdu {
	uint8_t version, type;
	uint16_t session; /* also: the code of an error report */
	uint32_t serial;
	bool announce;		/* prefix, ASPA */
	struct net net;		/* prefix: a ROA; ASPA */
	const uint8_t *provider; /* ASPA: provider_n ASes of four bytes, in the input */
	unsigned provider_n;
	bool has_intervals; /* End of Data from version 1 on */
	uint32_t refresh_s, retry_s, expire_s;
	const char *text; /* error report: not terminated, in the input */
	size_t text_len;
};

/* The length of the first PDU, all of which is read; 0: not all of it is here yet; -1: it
 * is wrong, and *error says how. */
int rtr_decode(const void *, size_t n, struct rtr_pdu *, enum rtr_error *error);

/* Lengths of what they write into buf, RTR_OUT_MAX bytes. */
size_t rtr_reset_query(uint8_t version, uint8_t *buf);
size_t rtr_serial_query(uint8_t version, uint16_t session, uint32_t serial, uint8_t *buf);
/* With the beginning of the PDU it is about (may be NULL). */
size_t rtr_error_report(uint8_t version, enum rtr_error, const void *pdu, size_t n,
    const char *text, uint8_t *buf);

const char *rtr_error_text(unsigned code);

#endif
