namespace Lustrous.Echo.Tests.Witness;

/// <summary>What can be compared of one LNet message, whoever tells of it.</summary>
/// <param name="Kind">PUT, GET, ACK or REPLY.</param>
/// <param name="Portal">Of PUT and GET; otherwise 0.</param>
/// <param name="MatchBits">
/// Not of REPLY: 0. Of a message of ptlrpc its xid; of the reply where bulk spans several, the last of them.
/// </param>
/// <param name="Length">Bytes of payload.</param>
/// <param name="Body">What stands in its ptlrpc_body; null for what is no message of ptlrpc.</param>
readonly record struct WitnessedMessage(string Kind, uint Portal, ulong MatchBits, uint Length, WitnessedBody? Body)
{
    public override string ToString() => $"{Kind} portal {Portal} match {MatchBits:x} length {Length} {Body}";
}

/// <param name="Opcode"><c>pb_opc</c></param>
/// <param name="Type"><c>pb_type</c>: 4711 request, 4713 reply, 4712 error.</param>
/// <param name="Status"><c>pb_status</c>: of a request the sender's pid.</param>
/// <param name="Handle"><c>pb_handle</c></param>
readonly record struct WitnessedBody(uint Opcode, uint Type, int Status, ulong Handle);

/// <summary>A message of a capture: where it came by, and what the teller says beside.</summary>
/// <param name="Stream">One direction of one TCP connection: source and destination, addresses or ports.</param>
/// <param name="Malformed">Whether tshark calls it malformed.</param>
readonly record struct CapturedMessage(string Stream, WitnessedMessage Message, bool Malformed = false);
