using Lustrous.Idl.LNet;

namespace Lustrous.LNet.Lnd.Socklnd;

/// <summary>Acceptor request and HELLO, both ways. All of it on the scheduler's thread.</summary>
/// <remarks>Source: lnet/lnet/acceptor.c (lnet_accept), lnet/klnds/socklnd/socklnd_cb.c
/// (ksocknal_recv_hello).</remarks>
sealed unsafe partial class KsockConn
{
    const int MaxHandshake = KsockWire.HelloNid16Size + 4 * KsockWire.MaxHelloAddresses;

    // Bytes of a request or HELLO, later of a message header, that are here and not yet complete.
    readonly byte[] _saved = GC.AllocateUninitializedArray<byte>(256, pinned: true);
    int _savedLength;
    int _need;                  // bytes that _saved must hold for the next step of the handshake
    bool _swapped;              // the peer's byte order is not ours
    int _offeredVersion;        // version of the HELLO that we opened with; 0 on the passive side
    Nid _claimedNid;            // whom an accepted connection says it is from

    byte* SavedStart => (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(
        ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(_saved));

    // A dialled connection came through or failed: says who is wanted and who dials.
    void OnConnected()
    {
        int error = 0;
        int length = sizeof(int);
        if (Libc.getsockopt(_fd, Libc.SOL_SOCKET, Libc.SO_ERROR, &error, &length) < 0)
            error = (int)Libc.LastError;
        if (error != 0)
        {
            Fail((Errno)error, $"cannot dial: {(Errno)error}");
            return;
        }
        KsockHello hello = NewHello(Peer!.DialVersion, Type);
        _offeredVersion = hello.Version;
        Span<byte> opening = stackalloc byte[KsockWire.ConnreqNid16Size + KsockWire.HelloNid16Size];
        int size = KsockWire.WriteConnreq(opening, Peer.Nid);
        size += KsockWire.WriteHello(opening[size..], hello);
        if (!SendWhole(opening[..size]))
            return;
        _need = KsockWire.MagicVersionSize;
        _phase = KsockPhase.HelloStart;
    }

    KsockHello NewHello(int version, SocklndConnectionType type) => new()
    {
        Version = version,
        SourceNid = Net!.Ni.Nid,
        DestinationNid = Peer?.Nid ?? _claimedNid,
        SourcePid = LNetProcessId.LustrePid,
        SourceIncarnation = Net.Incarnation,
        Type = type,
    };

    // The socket's buffer is empty during the handshake, so a few bytes always fit; where they do not, something is
    // wrong.
    bool SendWhole(ReadOnlySpan<byte> bytes)
    {
        nint sent;
        fixed (byte* p = bytes)
            sent = Libc.send(_fd, p, bytes.Length, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
        if (sent == bytes.Length)
            return true;
        Errno error = sent < 0 ? Libc.LastError : Errno.EIO;
        Fail(error, $"cannot send HELLO: {error}");
        return false;
    }

    void ReadHandshake()
    {
        // Never more than the step needs: what follows HELLO belongs to the message reader.
        while (_phase < KsockPhase.Open && !_closing)
        {
            nint got = Libc.recv(_fd, SavedStart + _savedLength, _need - _savedLength, Libc.MSG_DONTWAIT);
            if (got <= 0)
            {
                Errno error = got < 0 ? Libc.LastError : Errno.ECONNRESET;
                if (error != Errno.EAGAIN && error != Errno.EINTR)
                    Fail(error, got < 0 ? $"cannot read HELLO: {error}" : "closed before its HELLO was complete");
                if (error != Errno.EINTR)
                    return;
                continue;
            }
            _savedLength += (int)got;
            if (_savedLength == _need)
                TakeHandshake(_saved.AsSpan(0, _need));
        }
        if (_phase == KsockPhase.Open && !_closing)
            OnReadable();
    }

    void TakeHandshake(ReadOnlySpan<byte> bytes)
    {
        switch (_phase)
        {
            case KsockPhase.RequestStart:
                TakeRequestStart(bytes);
                break;
            case KsockPhase.RequestNid:
                TakeRequestNid(bytes);
                break;
            case KsockPhase.HelloStart:
                TakeHelloStart(bytes);
                break;
            case KsockPhase.HelloRest:
                _ = KsockWire.ReadHello(bytes, out uint addresses);
                if (addresses > KsockWire.MaxHelloAddresses)
                    Fail(Errno.EPROTO, $"HELLO with {addresses} addresses");
                else if (addresses > 0)
                    Await(KsockPhase.HelloAddresses, _need + 4 * (int)addresses);
                else
                    TakeHello(bytes);
                break;
            default:
                TakeHello(bytes);
                break;
        }
    }

    void Await(KsockPhase phase, int need)
    {
        Lassert.That(need <= MaxHandshake);
        _phase = phase;
        _need = need;
    }

    void TakeRequestStart(ReadOnlySpan<byte> bytes)
    {
        int size = KsockWire.ConnreqSize(bytes, out uint magic, out uint version);
        if (size > 0)
        {
            Await(KsockPhase.RequestNid, size);
            return;
        }
        // Tells a newer peer which version is spoken here; anybody else is just refused.
        bool newer = magic is KsockWire.AcceptorMagic or KsockWire.Magic;
        if (newer)
        {
            Span<byte> answer = stackalloc byte[KsockWire.ConnreqNid16Size];
            if (!SendWhole(answer[..KsockWire.WriteConnreq(answer, Nid.FromNid4(0))]))
                return;
        }
        Fail(Errno.EPROTO, $"refused: connection request with magic {magic:x8}, version {version}");
    }

    void TakeRequestNid(ReadOnlySpan<byte> bytes)
    {
        Nid wanted = KsockWire.ReadConnreq(bytes);
        Net = _lnd.FindNet(wanted);
        if (Net is null)
        {
            Fail(Errno.EPERM, $"refused: it asks for {wanted}, which is not one of our NIDs");
            return;
        }
        _savedLength = 0;
        Await(KsockPhase.HelloStart, KsockWire.MagicVersionSize);
    }

    void TakeHelloStart(ReadOnlySpan<byte> bytes)
    {
        if (!KsockWire.ReadHelloStart(bytes, out uint version, out _swapped))
        {
            Fail(Errno.EPROTO, $"refused: HELLO with magic {KsockWire.Read32(bytes, swapped: false):x8}");
            return;
        }
        if (version is not (KsockWire.Version2 or KsockWire.Version3 or KsockWire.Version4))
        {
            _claimedNid = Net!.Ni.Nid;      // as the kernel does: it has not read whose HELLO this is
            if (!Active && !SendHello(Net.PreferredVersion, SocklndConnectionType.NONE))
                return;
            Fail(Errno.EPROTO, $"refused: HELLO of version {version}");
            return;
        }
        Await(KsockPhase.HelloRest, KsockWire.HelloSize((int)version));
    }

    bool SendHello(int version, SocklndConnectionType type)
    {
        Span<byte> bytes = stackalloc byte[KsockWire.HelloNid16Size];
        return SendWhole(bytes[..KsockWire.WriteHello(bytes, NewHello(version, type))]);
    }

    void TakeHello(ReadOnlySpan<byte> bytes)
    {
        KsockHello hello = KsockWire.ReadHello(bytes, out _);
        Version = hello.Version;
        _claimedNid = hello.SourceNid;
        if (hello.SourceNid.IsAny || hello.SourceNid.Net != Net!.Ni.Nid.Net)
            Fail(Errno.EPROTO, $"refused: HELLO from {hello.SourceNid}, which cannot be on our network");
        else if (Version < KsockWire.Version4 && !Net.Ni.Nid.IsNid4)
            Fail(Errno.EPROTO, $"refused: HELLO of version {Version} on a network of large NIDs");
        else if (Active)
            TakeAnswer(hello);
        else
            TakeOffer(hello);
    }

    // We dialled; this is what the peer says.
    void TakeAnswer(in KsockHello hello)
    {
        if (hello.SourceNid != Peer!.Nid)
            Fail(Errno.EPROTO, $"dialled, but they claim to be {hello.SourceNid}: check the configuration");
        else if (hello.Type == SocklndConnectionType.NONE)
        {
            // Not an error worth a line: both dialled at once, or the peer wants its own version spoken.
            Peer.ProposeVersion(hello.Version);
            Close(hello.Version == _offeredVersion ? Errno.EALREADY : Errno.EPROTOTYPE);
        }
        else if (KsockWire.Invert(hello.Type) != Type)
            Fail(Errno.EPROTO, $"dialled as {Type}, answered as {hello.Type}");
        else
        {
            Open();
            if (!Peer.DialDone(this, hello.SourceIncarnation))
                Close(Errno.ESHUTDOWN);
            else
                Flush();
        }
    }

    // The peer dialled.
    void TakeOffer(in KsockHello hello)
    {
        Type = KsockWire.Invert(hello.Type);
        if (Type == SocklndConnectionType.NONE)
            Fail(Errno.EPROTO, $"refused: HELLO from {hello.SourceNid} with type {(int)hello.Type}");
        else if (hello.DestinationNid != Net!.Ni.Nid)
            Fail(Errno.EPROTO, $"refused: HELLO from {hello.SourceNid} for {hello.DestinationNid}, which is not ours");
        else if (Net.Accept(this, hello) is not { } peer)
        {
            if (SendHello(Version, SocklndConnectionType.NONE))
                Close(Errno.EALREADY);
        }
        else
        {
            // Messages may wait for this connection already: they follow the HELLO.
            Peer = peer;
            if (!SendHello(Version, Type))
            {
                peer.CloseFailed(this, Errno.ECONNRESET);
                return;
            }
            Open();
            Flush();
            peer.NotifyAlive();
        }
    }

    void Open()
    {
        _savedLength = 0;
        KsockDialer.Tune(_fd, _lnd.Tunables);
        _lastHeard = _lnd.Now;
        _phase = KsockPhase.Open;
        if (!Active)
            _lnd.HandshakeDone(this);
    }
}
