namespace Lustrous.Ptlrpc.Bulk;

/// <summary>Which way bulk data goes and who moves it (<c>enum ptlrpc_bulk_op_type</c>). The server always moves
/// it.</summary>
public enum BulkType
{
    /// <summary>Client, reading: the server PUTs into our memory.</summary>
    PutSink,
    /// <summary>Client, writing: the server GETs from our memory.</summary>
    GetSource,
    /// <summary>Server, reading for a client: we PUT.</summary>
    PutSource,
    /// <summary>Server, writing for a client: we GET.</summary>
    GetSink,
}
