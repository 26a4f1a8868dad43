using System.Globalization;

namespace Lustrous.Ptlrpc.Layout;

/// <summary>
/// What a kind of request and its reply are made of (<c>struct req_format</c>, RQF_*): one declaration, from which
/// packing, checking, printing and decoding follow.
/// </summary>
/// <param name="opcode">The opcode it is for; some opcodes have several formats, some formats serve several
/// opcodes.</param>
/// <param name="name">Lustre's own name.</param>
public sealed class RequestFormat(Enum opcode, string name, MessageField[] request, MessageField[] reply)
{
    /// <summary>Most fields of a message (<c>REQ_MAX_FIELD_NR</c>).</summary>
    public const int MaxFieldCount = 12;

    readonly MessageField[] _request = request;
    readonly MessageField[] _reply = reply;

    public uint Opcode { get; } = Convert.ToUInt32(opcode, CultureInfo.InvariantCulture);

    public string Name { get; } = name;

    public ReadOnlySpan<MessageField> Request => _request;

    public ReadOnlySpan<MessageField> Reply => _reply;

    public ReadOnlySpan<MessageField> Fields(MessageSide side) => side == MessageSide.Request ? _request : _reply;

    /// <summary>Position of a field's buffer; −1 when this format has none.</summary>
    public int IndexOf(MessageField field, MessageSide side)
    {
        MessageField[] fields = side == MessageSide.Request ? _request : _reply;
        for (int i = 0; i < fields.Length; i++)
        {
            if (ReferenceEquals(fields[i], field))
                return i;
        }
        return -1;
    }

    /// <summary>
    /// Whether a message first taken for this format may turn out to be <paramref name="other"/>: the fields are the
    /// same as far as this format goes, apart from opaque ones, which anything may take the place of
    /// (<c>req_capsule_extend</c>).
    /// </summary>
    public bool ExtendsTo(RequestFormat other) =>
        Extends(_request, other._request) && Extends(_reply, other._reply);

    public override string ToString() => Name;

    static bool Extends(MessageField[] old, MessageField[] fields)
    {
        if (fields.Length < old.Length)
            return false;
        for (int i = 0; i < old.Length; i++)
        {
            bool opaque = !old[i].CanSwab && (old[i].Flags & ~RmfFlags.NoSizeCheck) == 0
                && (old[i].Size == -1 || old[i].Flags == RmfFlags.NoSizeCheck);
            bool lastAndNotSmaller = i == old.Length - 1 && fields[i].Size >= old[i].Size;
            if (!opaque && !lastAndNotSmaller && !ReferenceEquals(old[i], fields[i]))
                return false;
        }
        return true;
    }
}
