"""``pulumi-language-python [flags] ENGINE``: serves on a free port of 127.0.0.1 and prints it, as plugins do.

With ``sdk LANGUAGE`` before the flags it only writes SDKs for another language.
"""

from pacific_sandbox.language_host.messages import without_sdk

if __name__ == "__main__":
    without_sdk()
    from pacific_sandbox.language_host.serving import main

    main()
