"""BGP in bytes, for peers that say what no daemon would: messages and attributes as expressions,
with lengths that may be wrong, and what was told taken apart."""
import struct

NH, NH6 = bytes([192, 0, 2, 9]), bytes.fromhex("20010db8ffff00000000000000000009")
OPEN, UPDATE, NOTIFICATION, KEEPALIVE, REFRESH = range(1, 6)


def u8(n): return struct.pack("!B", n)
def u16(n): return struct.pack("!H", n)
def u24(n): return struct.pack("!I", n)[1:]
def u32(n): return struct.pack("!I", n)
def hx(s): return bytes.fromhex(s)


# --- messages

def message(kind, body=b"", length=None, marker=b"\xff" * 16):
    return marker + struct.pack("!HB", 19 + len(body) if length is None else length, kind) + body


def whole(data):
    """the messages that have come to their end, (kind, body) of each, and the rest"""
    out = []
    while len(data) >= 19:
        size = struct.unpack("!H", data[16:18])[0]
        if len(data) < size:
            break
        out.append((data[18], data[19:size]))
        data = data[size:]
    return out, data


def cap(code, value=b"", length=None):
    return u8(code) + u8(len(value) if length is None else length) + value


def mp(afi=1, safi=1): return cap(1, u16(afi) + b"\0" + u8(safi))


def param(value, kind=2): return u8(kind) + u8(len(value)) + value


def attr(flags, code, value=b"", length=None):
    n = len(value) if length is None else length
    head = u16(n) if n > 255 or flags & 16 else u8(n)
    return u8(flags | (16 if n > 255 else 0)) + u8(code) + head + value


def origin(n=0): return attr(0x40, 1, u8(n))
def seq(*asn): return b"\2" + u8(len(asn)) + b"".join(map(u32, asn))
def seg(kind, *asn): return u8(kind) + u8(len(asn)) + b"".join(map(u32, asn))
def seg2(kind, *asn): return u8(kind) + u8(len(asn)) + b"".join(map(u16, asn))
def path(*segs): return attr(0x40, 2, b"".join(segs))
def hop(value=NH): return attr(0x40, 3, value)
def pref(n=100): return attr(0x40, 5, u32(n))


def update(attrs=b"", nlri=b"", withdrawn=b"", alen=None, wlen=None):
    return message(UPDATE, u16(len(withdrawn) if wlen is None else wlen) + withdrawn
                   + u16(len(attrs) if alen is None else alen) + attrs + nlri)


def reach(afi, safi, nh, nlri, reserved=b"\0"):
    return attr(0x80, 14, u16(afi) + u8(safi) + u8(len(nh)) + nh + reserved + nlri)


def unreach(afi, safi, nlri=b""):
    return attr(0x80, 15, u16(afi) + u8(safi) + nlri)


def refresh(afi=1, safi=1, sub=0): return message(REFRESH, u16(afi) + u8(sub) + u8(safi))


# --- networks of a family, out of a run of them; labels are no part of what they are

def prefix_take(data, labels, rd):
    bits, at, stack = data[0], 1, b""
    size = (bits + 7) // 8
    if labels:
        while len(stack) < size:
            stack += data[at:at + 3]
            at += 3
            if stack[-1] & 1 or stack[-3:] in (b"\x80\0\0", b"\0\0\0"):
                break
    rest = data[at:1 + size]
    return u8(bits - 8 * len(stack)) + rest, data[1 + size:]


def evpn_key(kind, v):
    """without what is the path's: labels, segments, gateways"""
    if kind == 1:
        return v[:-3]
    if kind == 2:
        return v[:8] + v[18:30 + v[29] // 8]
    if kind == 5:
        return v[:8] + v[18:23 + (len(v) - 26) // 2]
    return v


def take(family, data):
    if family[1] in (1, 4, 128):
        return prefix_take(data, family[1] != 1, family[1] == 128)
    if family[1] == 133:
        n = data[0] + 1 if data[0] < 240 else (struct.unpack("!H", data[:2])[0] & 0xfff) + 2
    elif family[1] == 70:
        n = data[1] + 2
        return u8(data[0]) + evpn_key(data[0], data[2:n]), data[n:]
    elif family[1] == 65:
        n = struct.unpack("!H", data[:2])[0] + 2
        return data[2:14], data[n:]
    else:
        n = struct.unpack("!H", data[2:4])[0] + 4
    return data[:n], data[n:]


def networks(family, data):
    while data:
        net, data = take(family, data)
        yield net
