/*
 * An address looked up by its name, aside: by a thread of the C library, which is asked
 * every now and then whether it has an answer.
 */
#include "daemon/lookup.h"

bool
lookup_begin(struct lookup *l, const char *name)
{
	l->request = (struct gaicb){ .ar_name = name };
	l->requests[0] = &l->request;
	l->runs = getaddrinfo_a(GAI_NOWAIT, l->requests, 1, NULL) == 0;
	return l->runs;
}

enum lookup_got
lookup_look(struct lookup *l, struct ip *ip, const char **why)
{
	int err = gai_error(&l->request);
	uint16_t port;
	bool found;

	if (err == EAI_INPROGRESS)
		return LOOKUP_RUNS;
	l->runs = false;
	found = !err && ip_from_sockaddr(l->request.ar_result->ai_addr, ip, &port);
	*why = err ? gai_strerror(err) : "No address";
	if (l->request.ar_result)
		freeaddrinfo(l->request.ar_result);
	l->request.ar_result = NULL;
	return found ? LOOKUP_FOUND : LOOKUP_FAILED;
}

void
lookup_end(struct lookup *l)
{
	const struct gaicb *const wait[1] = { &l->request };

	if (!l->runs)
		return;
	gai_cancel(&l->request);
	while (gai_error(&l->request) == EAI_INPROGRESS)
		gai_suspend(wait, 1, NULL);
	if (!gai_error(&l->request) && l->request.ar_result)
		freeaddrinfo(l->request.ar_result);
	l->runs = false;
}
