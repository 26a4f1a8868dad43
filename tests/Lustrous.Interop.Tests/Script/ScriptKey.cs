using Lustrous.Idl.LNet;
using Lustrous.Interop.Tests.Compare;
using Lustrous.Interop.Tests.Replay;

namespace Lustrous.Interop.Tests.Script;

/// <summary>What a request asks for, apart from who asks and when: two requests with the same are answered the
/// same.</summary>
static class ScriptKey
{
    public static string Of(Nid server, string name, IReadOnlyList<Field> request)
    {
        // What is found and what its attributes are, is one question to a server that has them at hand.
        name = name.Replace("it=LOOKUP", "it=GETATTR", StringComparison.Ordinal);
        bool isByFid = name.Contains("it=GETATTR", StringComparison.Ordinal)
            && !request.Any(field => field.Path == "name" && field.Value.Length > 0);
        IEnumerable<string> fields = request.Where(field => field.Value.Length > 0
                && (isByFid ? field.Path == "mdt_body.fid2" : IsPart(field.Path)))
            .Select(field => $"{field.Path}={field.Value}");
        return string.Join(' ', fields.Prepend($"{name} {server}"));
    }

    public static string Of(Exchange exchange) =>
        Of(exchange.Request.Server, exchange.Request.Name, exchange.ReadRequest());

    static bool IsPart(string path) => path is "name" or "symtgt" or "tgtuuid" or "mdt_body.fid1" or "mdt_body.size"
            or "rec_reint.fid1" or "llogd_body.index" or "getinfo_key" or "mgs_config_body.name"
            or "mgs_config_body.type"
        || path.Contains("resource.name", StringComparison.Ordinal)
        || path.StartsWith("llogd_body.logid", StringComparison.Ordinal);
}
