namespace Lustrous.Target.Clients;

/// <summary>One line of reply_data in use (<c>struct tg_reply_data</c>).</summary>
sealed class ReplyData
{
    public uint Line { get; set; }

    public ReplyRecord Record { get; set; }
}
