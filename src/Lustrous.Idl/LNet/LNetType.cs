namespace Lustrous.Idl.LNet;

/// <summary>Kinds of network that still have a driver (<c>SOCKLND</c> … of lnet's nidstr.h).</summary>
public enum LNetType : byte
{
    Tcp = 2,
    O2ib = 5,
    Lo = 9,
    Gni = 13,
    GniIp = 14,
    Ptl4 = 15,
    Kfi = 16,
    Tofu = 17,
    Efa = 18,
    Bxi3 = 19,
}
