from il5report.cli import main

main()
