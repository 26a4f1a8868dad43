namespace Lustrous.Clients.Lov;

/// <summary>Whose a file is: its objects are counted under these. An object, so that it is read whole without a
/// lock.</summary>
public sealed record LovOwnership(uint Uid, uint Gid, uint ProjectId);
