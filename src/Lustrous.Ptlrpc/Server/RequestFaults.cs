using Lustrous.Idl.Ptlrpc;

namespace Lustrous.Ptlrpc.Server;

/// <summary>Which requests and replies of a server are lost on purpose (<see cref="ObdFail"/>).</summary>
static class RequestFaults
{
    /// <summary>A request that has come is as good as lost: it is neither executed nor answered.</summary>
    public static bool IsLost(FailPoints faults, ServerRequest request)
    {
        if (faults.IsSet(ObdFail.DropOpcode) && faults.Value == request.Opcode && faults.Check(ObdFail.DropOpcode))
            return true;
        uint any = ObdFail.OfAnyRequest(request.Export?.Target.Options.FailClass ?? 0);
        bool isMeant = faults.Value == 0 || faults.Value == request.Opcode;
        if (any != 0 && isMeant && faults.CheckOnce(any))
            return true;
        // A connect is executed, and only its answer is lost.
        return !request.IsConnect && ObdFail.OfRequest(request.Opcode) is var place and not 0
            && faults.CheckOnce(place);
    }

    /// <summary>The same of its answer.</summary>
    public static bool IsReplyLost(FailPoints faults, ServerRequest request)
    {
        if (request.Export is not { } export)
            return false;
        uint opcode = request.Opcode;
        if (request.IsConnect)
        {
            return faults.CheckOnce(ObdFail.OfRequest(opcode))
                || opcode == (uint)OstOpcode.Connect && faults.Check(ObdFail.OstConnectReply);
        }
        return opcode == (uint)MdsOpcode.Reint && faults.CheckOnce(ObdFail.MdsReintReply)
            || opcode == (uint)MdsOpcode.Close && faults.CheckOnce(ObdFail.MdsCloseReply)
            || ObdFail.OfReply(export.Target.Options.FailClass, opcode) is var place and not 0
                && faults.CheckOnce(place);
    }

    /// <summary>How long to wait before a request is handled.</summary>
    public static TimeSpan Pause(FailPoints faults, ServerRequest request)
    {
        bool isSpared = request.Opcode is (uint)ObdOpcode.Ping or (uint)OstOpcode.Statfs or (uint)MdsOpcode.Statfs
            or (uint)OstOpcode.Create or (uint)OstOpcode.Disconnect;
        return !isSpared && faults.Check(ObdFail.PauseRequest)
            ? TimeSpan.FromMilliseconds(faults.Value)
            : TimeSpan.Zero;
    }
}
