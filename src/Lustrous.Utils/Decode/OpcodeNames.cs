using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Utils.Decode;

/// <summary>
/// What a message is called: Lustre's opcode, with the lock's type and intent or the reint's operation.
/// </summary>
static class OpcodeNames
{
    static readonly Dictionary<uint, string> Names = Create();

    /// <summary>The bare opcode's name.</summary>
    public static string Of(uint opcode) => Names.TryGetValue(opcode, out string? name) ? name : $"opcode {opcode}";

    /// <summary>A request's name, as exactly as its bytes tell.</summary>
    public static string OfRequest(in LustreMessage message, uint opcode, LockType lockType) => opcode switch
    {
        (uint)LdlmOpcode.Enqueue => Of(opcode) + LockSuffix(lockType) + IntentSuffix(FormatSelector.Intent(message)),
        (uint)LdlmOpcode.Convert or (uint)LdlmOpcode.BlCallback or (uint)LdlmOpcode.CpCallback
            or (uint)LdlmOpcode.GlCallback => Of(opcode) + LockSuffix(lockType),
        (uint)MdsOpcode.Reint => Of(opcode) + ":" + FormatSelector.Reint(message).ToString().ToUpperInvariant(),
        _ => Of(opcode),
    };

    static string LockSuffix(LockType type) => type switch
    {
        LockType.Plain or LockType.Extent or LockType.Flock or LockType.Ibits =>
            ":" + type.ToString().ToUpperInvariant(),
        _ => $":t{(uint)type}",
    };

    static string IntentSuffix(IntentOps intent) => intent switch
    {
        0 => "",
        _ => ":it=" + intent.ToString().Replace(", ", "|", StringComparison.Ordinal),
    };

    static Dictionary<uint, string> Create()
    {
        Dictionary<uint, string> names = [];
        Add<OstOpcode>("OST");
        Add<MdsOpcode>("MDS");
        Add<LdlmOpcode>("LDLM");
        Add<MgsOpcode>("MGS");
        Add<ObdOpcode>("OBD");
        Add<LlogOpcode>("LLOG");
        Add<QuotaOpcode>("QUOTA");
        Add<SeqOpcode>("SEQ");
        Add<SecOpcode>("SEC");
        Add<FldOpcode>("FLD");
        Add<OutOpcode>("OUT");
        Add<LfsckOpcode>("LFSCK");
        return names;

        void Add<T>(string prefix) where T : struct, Enum
        {
            foreach (T value in Enum.GetValues<T>())
                names.TryAdd(Convert.ToUInt32(value), $"{prefix}_{Snake(value.ToString())}");
        }
    }

    static string Snake(string name)
    {
        var text = new System.Text.StringBuilder();
        foreach (char c in name)
        {
            if (char.IsUpper(c) && text.Length > 0)
                text.Append('_');
            text.Append(char.ToUpperInvariant(c));
        }
        return text.ToString();
    }
}
